"""The words of which names of organisations are made, across languages and as they are shortened."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

_BODIES = """
    association: asociacion associazione vereniging verein associacao associacio assoc asso ass asoc stowarzyszenie dernegi elkartea kevredigezh
    federation: federatie federacion federazione foderation fed verband dachverband bond
    confederation: confederacion confederazione konfoderation conf
    network: reseau netwerk red rete netzwerk netw rezo xarxa siec sarea
    collective: collectif colectivo collettivo collectief kollektiv coll collectivo
    group: groupe groupement grupo gruppo groep gruppe grp gpe groupes
    team: equipe equipo squadra ploeg
    union: unie unione
    alliance: alianza alleanza alliantie allianz bundnis
    committee: comite comitato komitee cte comites comitee
    league: ligue liga lega
    movement: mouvement movimiento movimento beweging bewegung mvt
    circle: cercle circulo circolo kring kreis
    institute: institut instituto istituto instituut inst
    foundation: fondation fundacion fondazione stichting stiftung fond fund stift fundacja fundacio vakfi
    observatory: observatoire observatorio osservatorio observatorium obs
    centre: center centro zentrum centrum ctre ctr
    cooperative: cooperativa cooperatie genossenschaft coop gen spoldzielnia
    syndicate: syndicat sindicato sindacato gewerkschaft vakbond synd
    society: societe sociedad societa gesellschaft ste soc genootschap towarzystwo
    friends: amis amigos amici freunde vrienden ami amies lagunak mignoned
    house: maison casa haus huis
    workshop: atelier taller werkstatt werkplaats ateliers
    laboratory: laboratoire laboratorio labor labo lab
    school: ecole escuela scuola schule skol
    university: universite universidad universita universiteit universitat univ
    library: bibliotheque biblioteca bibliotheek bibliothek bib biblio
    company: compagnie cie compania compagnia
    radio:
    theatre: theater teatro
    cafe: kafe caffe
    garden: jardin jardins giardino tuin garten
    factory: fabrique fabrica fabbrica fabriek fabrik
    platform: plateforme plataforma piattaforma plattform
    trust:
    initiative: iniciativa iniziativa initiatief
    coordination: coordinacion coordinamento coord koordination
    council: conseil consejo consiglio raad rat
    section: sect
    club:
    festival:
    museum: musee museo
    office: bureau oficina ufficio kantoor buro
    agency: agence agencia agenzia
    business: entreprise empresa impresa unternehmen
"""
_OTHERS = """
    free: libre libres vrij vrije libero libera frei freie freies liber
    software: logiciel logiciels programari log
    digital: numerique numeriques digitale digitali digitales num
    rights: droits droit right derechos derecho diritti diritto rechte rechten
    energy: energie energia
    citizen: citoyen citoyenne citoyens citoyennes ciudadana ciudadano cittadina burger citizens
    open: ouvert ouverte ouvertes ouverts offen offene abierto abierta aperto aperta
    data: donnees donnee datos dati daten gegevens
    education: educacion educazione bildung onderwijs opleiding
    people's: populaire populaires popular popolare volks
    research: recherche investigacion ricerca onderzoek forschung
    science: sciences ciencia scienza wetenschap wissenschaft
    environment: environnement ambiente milieu umwelt
    nature: natura natur natuur naturaleza
    climate: climat clima klimaat klima
    health: sante salud salute gezondheid gesundheit
    peace: paix paz pace vrede frieden
    women: femmes mujeres donne vrouwen frauen
    youth: jeunes jeunesse joven jovenes giovani jeugd jugend
    culture: cultura kultur cultuur
    art: arts arte kunst
    international: int intl internationale internazionale internacional
    national: nat nationale nazionale nacional
    regional: reg regionale
    european: europeen europeenne europeo europea europaisch
    saint: st sint san sankt
    department: departement departementale dept dep
    development: developpement desarrollo sviluppo entwicklung dev dvpt
    defence: defense defensa difesa
    solidarity: solidarite solidaridad solidarieta solidaritat
    water: eau agua acqua wasser
    forest: foret forets bosque bosco wald
"""
_WEAK = frozenset(
    [
        "a",
        "al",
        "au",
        "aux",
        "avec",
        "by",
        "d",
        "da",
        "das",
        "de",
        "degli",
        "dei",
        "del",
        "dell",
        "della",
        "delle",
        "dem",
        "den",
        "der",
        "des",
        "di",
        "die",
        "do",
        "du",
        "e",
        "el",
        "ein",
        "eine",
        "en",
        "et",
        "for",
        "fur",
        "gegen",
        "i",
        "il",
        "im",
        "in",
        "into",
        "het",
        "van",
        "l",
        "la",
        "las",
        "le",
        "les",
        "lo",
        "los",
        "mit",
        "n",
        "no",
        "nos",
        "of",
        "o",
        "on",
        "para",
        "per",
        "por",
        "pour",
        "pr",
        "pro",
        "s",
        "su",
        "sur",
        "the",
        "to",
        "und",
        "ar",
        "un",
        "una",
        "und",
        "une",
        "with",
        "voor",
        "vom",
        "von",
        "y",
        "zu",
        "zum",
        "zur",
        "and",
        "et",
        "een",
    ]
)

_COMPOUNDS = {
    "volksopleiding": ("people's", "education"),
    "volksbildung": ("people's", "education"),
    "burgerenergie": ("citizen", "energy"),
    "burgerinitiative": ("citizen", "initiative"),
    "freundeskreis": ("friends",),
    "medioambiente": ("environment",),
}
"""Words that say in one what other languages say in several."""


def _read(table: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for line in table.strip().splitlines():
        meaning, _, others = line.strip().partition(":")
        words[meaning] = meaning
        for word in others.split():
            words.setdefault(word, meaning)
    return words


_CONCEPTS = {**_read(_OTHERS), **_read(_BODIES)}
BODIES = frozenset(_read(_BODIES).values())
"""Concepts that say what kind of body an organisation is."""
_SHORTEST_SLIP = 5
_LONG_BODIES = [word for word in _read(_BODIES) if len(word) >= _SHORTEST_SLIP]
LEFT_OUT = frozenset({"association", "collective", "network", "group", "team", "france"})
"""Concepts that people add and leave out as they like; of another body, there may be one beside the other."""


def concept(word: str) -> str:
    """Return what a folded word means in any of the languages of the lexicon; the word itself if it is not there."""
    return _CONCEPTS.get(word, word)


@lru_cache(maxsize=8192)
def concepts(word: str) -> tuple[str, ...]:
    """Return what a folded word means, in several concepts where it is put together, and mistyped if it is a body."""
    if word in _COMPOUNDS or word in _CONCEPTS or len(word) < _SHORTEST_SLIP:
        return _COMPOUNDS.get(word) or (concept(word),)
    if word[0] in "ld" and word[1] in "aeiouh" and word[1:] in _CONCEPTS:  # its apostrophe is missing
        return (concept(word[1:]),)
    near = process.extractOne(word, _LONG_BODIES, scorer=OSA.distance, score_cutoff=1)
    return (concept(near[0]),) if near and near[0][0] == word[0] else (word,)


def is_known(word: str) -> bool:
    """Whether the lexicon has a folded word: it is not another one mistyped."""
    return word in _CONCEPTS


def is_weak(word: str) -> bool:
    """Whether a folded word only links others."""
    return word in _WEAK
