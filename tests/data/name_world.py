"""The made world: organisations that exist in it, drawn from a seed, and families of those that look alike."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.data import name_words as words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FAMILIES = 170


@dataclass(frozen=True)
class Made:
    """An organisation as it exists in the made world."""

    name: str
    language: str
    slug: str
    website: str = ""
    family: str = ""


@dataclass
class World:
    """Everything drawn from one seed."""

    seed: int
    chance: random.Random = field(init=False)
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def one(self, several: Sequence[str]) -> str:
        return self.chance.choice(several)

    def coined(self) -> str:
        """A name that is no word, as small collectives like them."""
        length = self.chance.choice((1, 2, 2, 2, 3))
        made = "".join(self.one(words.SYLLABLES) for _ in range(length))
        made += self.one(words.ENDINGS) if self.chance.random() < 0.6 or length == 1 else ""
        return made[:1].upper() + made[1:]

    def french(self) -> str:
        """A French name, in one of the patterns of real lists."""
        chance = self.chance
        noun, adjective = self.one(words.NOUNS_FR), self.one(words.ADJECTIVES_FR)
        head, theme, town = self.one(words.HEADS_FR), self.one(words.THEMES_FR), self.one(words.TOWNS_FR)
        article = "L'" if plain(noun)[0] in "aeiouhy" else self.one(("La ", "Le "))
        link = self.one(("de", "pour", "du", "des"))
        patterns: tuple[tuple[int, Callable[[], str]], ...] = (
            (24, self.coined),
            (8, lambda: f"{self.coined()} {town}"),
            (6, lambda: f"{self.coined()} {adjective}"),
            (14, lambda: f"{article}{noun} {adjective}"),
            (8, lambda: f"{noun}-{self.one(words.NOUNS_FR)} {self.coined()}"),
            (12, lambda: f"{head} {link} {theme} {town}".replace("de des", "des")),
            (8, lambda: f"{head} {town} {theme}"),
            (8, lambda: f"{head} {self.coined()}"),
            (6, lambda: f"{head} {noun} {adjective} de {town}"),
            (6, lambda: f"{town} {theme} {self.coined()}"),
        )
        weights = [weight for weight, _ in patterns]
        return chance.choices(patterns, weights)[0][1]()

    def foreign(self) -> tuple[str, str]:
        """A name of elsewhere, and its language."""
        language = self.chance.choices(list(words.OTHERS), [8, 8, 6, 6, 5, *[2] * (len(words.OTHERS) - 5)])[0]
        heads, middles, towns = words.OTHERS[language]
        apart = "" if language in {"zh", "ja", "th"} else " "
        head, middle, town = self.one(heads), self.one(middles), self.one(towns)
        if language in {"zh", "ja", "tr", "ko", "hi", "eu"}:  # the kind of body comes last
            return apart.join((town, middle, head)), language
        pattern = self.chance.random()
        if pattern < 0.3 and language in {"en", "de", "es", "it", "nl"}:
            return f"{head} {middle} {self.coined()}", language
        return apart.join((head, middle, town)), language

    def slug(self, name: str) -> str:
        """The host of its website: the name without what a host cannot hold, or something of its own."""
        ascii_name = re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-")
        if not ascii_name or len(ascii_name) > 30:
            return f"{plain(self.coined())}{self.chance.randrange(10, 99)}".replace(" ", "")
        return ascii_name.replace("-", "") if self.chance.random() < 0.4 else ascii_name

    def new(
        self, name: str, language: str = "fr", family: str = "", website: str | None = None
    ) -> Made | None:
        """Let an organisation exist, unless there is one of that name."""
        if plain(name) in self.taken:
            return None
        self.taken.add(plain(name))
        slug = self.slug(name)
        if website is None:
            website = (
                f"https://{self.one(('', '', 'www.'))}{slug}.example" if self.chance.random() < 0.45 else ""
            )
        return Made(name, language, slug, website, family)


def plain(text: str) -> str:
    """Lower case without accents: to keep names apart, and for hosts."""
    apart = unicodedata.normalize(
        "NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae").replace("ł", "l")
    )
    return "".join(character for character in apart if not unicodedata.combining(character))


# --- those that look alike and are not the same --------------------------------------------------------------------


def families(world: World) -> Iterator[Made]:
    """Groups of one federation, numbered sections, north and south, real words a letter apart, and the like."""
    kinds = (
        *("towns",) * 4,
        "numbers",
        "numbers",
        "sides",
        "sides",
        "themes",
        "themes",
        "bodies",
        "parts",
        "years",
    )
    for number in range(FAMILIES):
        kind = kinds[number % len(kinds)]
        family = f"{kind}:{number}"
        base = (
            world.coined() if world.chance.random() < 0.5 else f"{world.one(words.HEADS_FR)} {world.coined()}"
        )
        names = variants(world, kind, base)
        host = f"{re.sub('[^a-z0-9]', '', plain(base))}{number}.example"
        sharing = world.chance.random()
        for index, name in enumerate(names):
            website: str | None = None
            if sharing < 0.15:
                website = f"https://{host}/{re.sub('[^a-z0-9]+', '-', plain(name)).strip('-')}"
            elif sharing < 0.3:
                website = (
                    f"https://{re.sub('[^a-z0-9]+', '-', plain(name.split()[-1])).strip('-')}{index}.{host}"
                )
            made = world.new(name, family=family, website=website)
            if made:
                yield made
    for number, pair in enumerate(words.MINIMAL):
        for name in pair:
            made = world.new(name, family=f"minimal:{number}")
            if made:
                yield made


SIDES = ("Nord", "Sud", "Est", "Ouest", "Centre")
BODIES = ("Fondation", "Université", "Syndicat", "Radio", "Théâtre")
PARTS = ("Jeunes", "Belgique", "Suisse", "Québec", "Seniors", "Femmes")


def variants(world: World, kind: str, base: str) -> list[str]:
    """The names of one family."""
    several, sample = world.chance.choice((2, 2, 3, 4)), world.chance.sample
    match kind:
        case "towns":
            joint = world.one((" ", " ", " de ", " – ", " à "))
            theme = f" {world.one(words.THEMES_FR)}" if world.chance.random() < 0.3 else ""
            names = [f"{base}{theme}{joint}{town}" for town in sample(words.TOWNS_FR, several)]
        case "numbers":
            form = world.one(
                ("{} section {}", "{} {}", "{} n° {}", "{} – groupe {}", "{} {}e arrondissement")
            )
            names = [form.format(base, number) for number in sample(range(1, 96), several)]
        case "sides":
            names = [f"{base} {side}" for side in sample(SIDES, 2)]
        case "themes":
            head = world.one(words.HEADS_FR)
            names = [f"{head} {theme}" for theme in sample(words.THEMES_FR, several)]
        case "bodies":
            noun = world.coined()
            names = [f"{head} {noun}" for head in sample(BODIES, 2)]
        case "parts":
            names = [f"{base} {part}" for part in sample(PARTS, 2)]
        case _:
            names = [f"Rencontres {base} {year}" for year in sample(range(2018, 2027), 2)]
    return names
