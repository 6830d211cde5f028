"""How people write an organisation's name a second time: in other case, short, mistyped, translated …"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from tests.data import name_words as words
from tests.data.name_world import Made, World, plain

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT_WORDS = frozenset(
    "de du des la le les et en pour of for the and für von voor van di per del y d l".split()  # noqa: SIM905 - read as a line
)


def case(world: World, made: Made) -> str:
    ways = (str.upper, str.lower, str.title, str.swapcase)
    return world.chance.choice(ways)(made.name)


def accents(world: World, made: Made) -> str:
    if world.chance.random() < 0.3:
        return unicodedata.normalize("NFD", made.name)
    apart = unicodedata.normalize("NFD", made.name)
    return "".join(character for character in apart if not "\u0300" <= character <= "\u036f")


def hyphens(world: World, made: Made) -> str:
    name = made.name
    ways: list[Callable[[], str]] = [
        lambda: name.replace("-", " ") if "-" in name else name.replace(" ", "-"),
        lambda: name.replace(" ", "") if name.count(" ") == 1 else name.replace(" ", "_"),
        lambda: f"« {name} »",
        lambda: f"{name}.",
        lambda: name.replace(" ", "  ").replace("'", " ' "),
        lambda: name.replace(" et ", " & ") if " et " in name else f"“{name}”",
        lambda: name.replace(" ", "\u00a0"),
        lambda: name.replace(" ", " - ", 1),
        lambda: name.replace(" ", ", ", 1),
    ]
    return world.chance.choice(ways)()


def legal(world: World, made: Made) -> str:
    return world.one(world.chance.choice(words.LEGAL.get(made.language, words.LEGAL["fr"]))).format(made.name)


def acronym(world: World, made: Made) -> str:
    initials = "".join(
        word[0] for word in re.split(r"[\s'’–-]+", made.name) if word and plain(word) not in SHORT_WORDS
    ).upper()
    if len(initials) < 3 or not initials.isalpha():
        return ""
    written = world.chance.choice((initials, initials, plain(initials).upper(), ".".join(initials) + "."))
    return world.chance.choice(
        (written, written, f"{made.name} ({written})", f"{written} – {made.name}", f"{written} ({made.name})")
    )


def domain(world: World, made: Made) -> str:
    if re.sub("[^a-z0-9]", "", made.slug) != re.sub("[^a-z0-9]", "", plain(made.name)):
        return ""
    return world.one(
        ("www.{}.example", "{}.example", "https://{}.example", "http://www.{}.example/", "{}.example.org")
    ).format(made.slug)


def order(world: World, made: Made) -> str:
    parts = made.name.split()
    if len(parts) < 2 or made.language == "ko":
        return ""
    turn = world.chance.randrange(1, len(parts))
    apart = world.one((" ", " ", ", ", " – "))
    return " ".join(parts[turn:]) + apart + " ".join(parts[:turn])


def typo(world: World, made: Made) -> str:
    long = [
        found
        for found in re.finditer(r"[^\W\d_]{5,}", made.name)
        if found.group().isascii() or made.language == "fr"
    ]
    if not long:
        return ""
    found = world.chance.choice(long)
    word, at = found.group(), world.chance.randrange(1, len(found.group()) - 1)
    ways = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at > 1 else word[:at] + word[at + 1 :],
        word[:at] + world.one("aeinrst") + word[at + 1 :],
        word[:at] + world.one("aeinrst") + word[at:],
    )
    mistyped = world.chance.choice(ways)
    return made.name[: found.start()] + mistyped + made.name[found.end() :] if mistyped != word else ""


def more_words(world: World, made: Made) -> str:
    if made.language != "fr":
        return ""
    name = made.name
    bare = re.sub(r"^(?:La |Le |Les |L')", "", name)
    less = re.sub(r" (?:de la|de|du|des|pour) ", " ", name)
    ways = [
        f"Le collectif {bare}",
        f"L'équipe de {name}",
        f"Le réseau {bare}",
        f"Groupe {name}",
        f"{name} (France)",
    ]
    ways += [one for one in (bare, less) if one != name] * 3
    ways += (
        [f"{name} - {world.one(words.THEMES_FR)}", f"{name} : {world.one(words.THEMES_FR)}"]
        if not made.family
        else []
    )
    return world.chance.choice(ways)


def abbreviation(world: World, made: Made) -> str:
    fitting = [(long, short) for long, short in words.ABBREVIATIONS if re.search(rf"\b{long}", made.name)]
    if not fitting:
        return ""
    long, short = world.chance.choice(fitting)
    return re.sub(rf"\b{long}", short, made.name, count=1)


def apostrophe(world: World, made: Made) -> str:
    if "'" not in made.name:
        return ""
    return made.name.replace("'", world.one(("’", "ʼ", "`", "´", " ", "’ ", "‘", "")))


def language(world: World, made: Made) -> str:
    for heads in words.TRANSLATED:
        for themes in words.TRANSLATED_THEMES:
            if made.name.startswith(f"{heads[0]} {themes[0]}"):
                other = world.chance.choice((1, 1, 2))
                return made.name.replace(heads[0], heads[other]).replace(themes[0], themes[other])
    for heads in words.TRANSLATED:
        if made.name.startswith(f"{heads[0]} ") and len(made.name.split()) == 2 and heads[0] != heads[1]:
            return made.name.replace(heads[0], heads[world.chance.choice((1, 1, 2))])
    return ""


def unicode(world: World, made: Made) -> str:
    name = made.name
    wide = "".join(
        chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in name
    )
    at = world.chance.randrange(1, len(name))
    return world.chance.choice((
        wide,
        name[:at] + world.one(("\u200b", "\u00ad", "\u2060", "\ufeff")) + name[at:],
        name.replace("oe", "œ") if "oe" in name else name.replace("fi", "ﬁ") if "fi" in name else wide,
        "\u202b" + name + "\u202c",
    ))  # fmt: skip


WAYS: dict[str, Callable[[World, Made], str]] = {
    "case": case, "accents": accents, "hyphens": hyphens, "legal": legal, "acronym": acronym, "domain": domain,
    "order": order, "typo": typo, "words": more_words, "abbreviation": abbreviation, "apostrophe": apostrophe,
    "language": language, "unicode": unicode,
}  # fmt: skip
LIGHT = ("case", "accents", "legal", "hyphens", "apostrophe", "typo")
"""Ways that come on top of another."""


def again(world: World, made: Made, way: str) -> tuple[str, str] | None:
    """The name written a second time in a way, and the ways in the end; None where that way does not fit."""
    name, ways = WAYS[way](world, made), [way]
    if not name or name == made.name:
        return None
    if world.chance.random() < 0.25 and way != "domain":
        more = world.one(LIGHT)
        twice = WAYS[more](world, Made(name, made.language, made.slug)) if more != way else ""
        # What is mistyped in an acronym is no acronym any more.
        if twice and twice != name and not (way == "acronym" and more == "typo"):
            name, ways = twice, [*ways, more]
    return name, "+".join(ways)


def website_again(world: World, made: Made) -> str:
    """The website as it is given with a double: mostly not, mostly the same, now and then another page."""
    if not made.website or world.chance.random() < 0.55:
        return ""
    host = re.sub(r"^https://(?:www\.)?", "", made.website)
    return world.one(
        (made.website, f"http://www.{host}", host, f"https://{host}/", f"https://{host}/contact")
    )
