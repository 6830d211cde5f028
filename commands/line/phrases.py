"""The words and turns of phrase by which a sentence is known: folded, French and English beside each other."""

from __future__ import annotations

import re

from commands.line import negation


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NOT = re.compile(
    r"\b(?P<stem>ca|wo|do|does|did|is|are|was|were|have|has|had|would|should|could)n'?t\b|n't\b|\bcannot\b"
)
WORD = re.compile(r"[a-z0-9]+")
WHERE = re.compile(r"\boù\b", re.IGNORECASE)
"""Looked for before accents are taken away: "ou" is "or"."""
WHERE_LAST = re.compile(r"\boù\W*$", re.IGNORECASE)
FOR = re.compile(r"\b(?:pour|for)\b", re.IGNORECASE)

HOLDS_BACK = negation.NO | _set(
    "sans without contre against aucun aucune rien nothing personne nobody none ni neither nor nope nan nah hardly"
    " desole desolee sorry helas malheureusement unfortunately impossible unable out si if unless whether peut maybe perhaps"
    " refuse refusons refusent refuser refus decline declines doute doubt retire retirons retirer stop arrete arretons"
    " avant before apres after plus annule annulons cancel withdraw quand when once mais but however cependant toutefois"
    " souci soucis probleme problemes problem issue objection reserve reserves sauf except wish ou or comme quoi what"
    " condition conditions provided pourrait pourrais pourrions might could should devrait devrais devrions voulait voulais"
    " voulions failli nearly almost aurait aurais aurions perso personnel personnelle personally"
)
"""Words with which a sentence is never a yes, whatever else it says."""
US = _set("je j on nous notre mon moi i we us our my me")
SPEAKERS = _set(
    "on je j we i count compte comptez arrete arretez stop cessez sans pas not without desole sorry"
)
MAY = _set("peut peux pouvons puis can could may faut should need must")
WHO, HOW = frozenset({"qui", "who", "lesquelles", "lesquels"}), frozenset({"comment", "how"})
LETTER = frozenset({"lettre", "letter", "texte", "text"})
OF_A_TEXT = frozenset({"quoi", "what", "quelle", "quel", "about", "lire", "read", "voir", "see", "where"})
QUESTION = WHO | HOW | frozenset({"combien", "quoi", "what", "quel", "quelle", "where", "pourquoi", "why"})

SIGNS = r"sign(?:e|es|ons|ez|ent|er[a-z]*|ait|aient|ions|ing|s|ed)?|partante?s?|particip[a-z]+|rejoin[a-z]*|join(?:s|ing)?"
NAMED = re.compile(r"signatures?|signataires?|signator(?:y|ies)")
VERBS = {
    "details": re.compile(r"chang[a-z]*|modif[a-z]*|corrig[a-z]*|edit|complete[a-z]*"),
    "withdraw": re.compile(
        r"retir[a-z]+|annul[a-z]+|withdraw[a-z]*|cancel|undo|supprim[a-z]+|effac[a-z]+|remove|delete"
    ),
    "decline": re.compile(r"refus[a-z]*|declin[a-z]+"),
    "dispute": re.compile(r"contest[a-z]+|disput[a-z]+"),
    "vote": re.compile(r"vot(?:e[a-z]*|ons|ing)"),
    "sign": re.compile(SIGNS),
}
"""Command → what it is called in a sentence."""
THINKS = re.compile(
    r"reflechi[a-z]*|hesit[a-z]+|consult[a-z]*|discut[a-z]+|discuss[a-z]*|undecided|thinking|parle|parlons|parlera"
    r"|debat[a-z]*"
)
TAKES_BACK = re.compile(r"retir(?:e|er|ez|ons)|withdraw")
DISPUTE_BACK = re.compile(
    r"(?:retir(?:e|er|ez|ons)|annul(?:e|er|ez|ons)|withdraw|cancel|retract) (?:ma|notre|la|mes|nos|my|our|the)"
    r" (?:contestations?|disputes?)"
)
"""How somebody takes back what they dispute; a disputed signature is something else."""
OFF_THE_LIST = re.compile(
    r"(?:(?:enlev|ot|ray|retir)(?:e|ez|er) nous|nous (?:enlever|oter|rayer|retirer)|(?:remove|removing|strike) us|take us off)"
    r"(?: (?:(?:de|from|off) )?(?:la|votre|cette|the|your|this) (?:liste?|lettre|letter)"
    r"(?: des signataires| of signatories)?)?(?: (?:svp|stp|s il (?:vous|te) plait|merci|please|thanks))*$"
)
"""How somebody asks to be taken off the list, and no other: "enlevez nous de la liste"."""
REGRETS = re.compile(
    r"(?:(?:ah|oh|euh|oups|oops|mince|zut|pardon|sorry) )*(?:en fait|finalement|tout compte fait|actually|on second thoughts?)"
    r" (?:non|no|nope|pas|not)(?: (?:merci|thanks|desolee?|sorry))?"
    r"|(?:oups|oops|mince|zut) (?:c est|c etait|it s|it was|that was) (?:une erreur|a mistake)"
)
"""The whole of what somebody says who goes back on what they just said."""
ITS = _set("mon ma mes notre nos l le la les ce cet cette ces my our the that this what")
"""What stands before the name of what is taken back, which is another thing if no signature: "mon objection"."""
SORRY = re.compile(
    r"regrett[a-z]+|(?:i|we) regret|par erreur|by mistake|trop vite|too (?:soon|fast|quickly|early)"
)
SOME_TIME = re.compile(
    r"(?:apres )?demain|tomorrow|bientot|soon|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|(?:la semaine|le mois|l annee) prochaine?|next (?:week|month|year)"
    r"|dans [a-z0-9]+ (?:jours?|semaines?|mois)|in [a-z0-9]+ (?:days?|weeks?|months?)|un de ces jours|one of these days"
)
"""Words of a time to come that are hardly a name, unless they are written as one."""
WEEKDAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)
"""A day that English always writes with a capital."""
SOME_DAY = re.compile(rf"{SOME_TIME.pattern}|(?:la semaine|le mois|l annee|next) [a-z]+")
"""When somebody says that they will sign, who does not do so now."""
GOES_BACK = re.compile(r"revien[a-z]*|reven[a-z]+|(?:go|going|gone|went) back")
NOT_ONES_SIGNATURE = _set(
    "donnees data vote voix message question objection rappel rappels nom name mot dit said argent money"
)
LATER = re.compile(
    r"pas encore|not (?:[a-z]+ )?yet|pas sure?s?(?! (?:nous|moi)\b)|not sure|(?<!au )plus tard|later|not (?:right |for )?now"
    r"|pas (?:pour )?(?:le moment|l instant|tout de suite|maintenant)"
    r"|besoin (?:de|d un peu de|d encore un peu de|de plus de) temps|need (?:some |more |a bit more )*time"
)
FOR_NOW = re.compile(
    r"pour (?:l instant|le moment)|for (?:now|the moment|the time being)|at the moment|a ce stade"
)
"""With which a no is not yet one for good."""
CONDITIONS = _set("si s if unless whether peut maybe perhaps mais but sauf except quand when")
WAITS = re.compile(r"attend(?:s|ons|re|ant|ra|rons)?|en attente|wait(?:ing|s)?|await(?:ing)?")
ORGAN = re.compile(
    r"ag|assemblees?|(?:le|notre|au|en|du|mon) ca|bureau|conseil|comite|board|committee|council|members?|membres|adherente?s"
    r"|equipe|team|trustees|president[a-z]*|feu vert|accord|aval|approval|green light"
)
"""Those who decide in an organisation, and what they give."""
ASKS_FIRST = re.compile(
    r"avant|before|demand(?:e|er|ons|era|erons)|ask(?:ing)?|check(?:ing)?|soumet[a-z]+|valider|validation|validate|passe|passer|voir|see"
    r"|needs?|besoin|faut|doit|dois|devons|must|have to|sous reserve|subject to"
)
LET_US = re.compile(r"(?:sign|particip|rejoign)ons")
"""Said of oneself and others without a word for them."""
REMINDS = re.compile(r"relanc[a-z]*|rappels?|rappeler|remind(?:ers?|ing)?")
WRITES = re.compile(
    r"(?:m |nous |me |d )?(?:ecrire|embeter|harceler|spammer)|(?:writing|messaging|spamming|bothering) (?:to )?(?:us|me)|messages"
)
STOPS = re.compile(r"arret(?:e|ez|er)|stop|cess(?:e|ez|er)")
GOES_ON = re.compile(rf"(?:ne|n|not|never) (?:{STOPS.pattern})|(?:{STOPS.pattern}) (?:pas|jamais)")
COUNTED_OUT = re.compile(r"(?<!not )(?<!ever )(?:count|leave|keep) (?:us|me) out")
"""The same as `OUT` without a word that says no."""
OUT = re.compile(
    r"(?:sans|pas) (?:nous|moi)|pas (?:pour|(?:compter )?sur) (?:nous|moi)|without us|not (?:for )?us"
    rf"|not count (?:on|us|me)(?! out)|{COUNTED_OUT.pattern}"
)
IN = re.compile(
    r"(?:on en|j en|nous en) (?:est|suis|sommes)|(?:we re|we are|i m|i am) in|count (?:us|me) in"
    r"|compte[zr]? sur (?:nous|moi)"
)
SIGNED = re.compile(
    r"(?:a|ai|avons|have|has|had|ve) (?:(?:pas|deja|already|not|jamais|never|bien) )*(?:signe|signed)"
    r"|did (?:not|never) (?:sign|join)"
)
WHEN = re.compile(
    r"(?:date|heure|temps) limite|deadlines?|echeances?|dernier delai|quel delai|(?:jusqu a|c est|pour) quand"
    r"|until when|combien de temps|how (?:much time|long)|(?:quand|when) (?:est|is|do|does|should|must|faut|doit|ca)"
)
POLL = re.compile(r"scrutins?|polls?|vot(?:e|es|er|ez|ons|ing)")
"""What is asked about has an end of its own."""
COSTS = _set("coute coutent cout couts cost costs argent money euros euro prix price paye payer pay temps")
STANDS = re.compile(
    r"combien|how many|ou en (?:est|sommes)|(?:on en est|nous en sommes) ou|where do we stand|how far are we|how is it going"
)
TEXT = re.compile(r"qu est ce que (?:c est que )?(?:cette|la|le|ce)")
NEW = re.compile(
    r"^(?:c est quoi(?: ca)?|what is (?:this|it)|what s (?:this|it))$"
    r"|(?:(?:tu|t|vous) (?:es|etes)|es tu|etes vous|are you|you are|you re) (?:une? |a |an )?(?:vraie? |real )?"
    r"(?:ro)?bot|(?:tu|t|vous|you) (?:es|etes|are) (?:une? |a )?(?:humaine?|personne|machine|ia|ai)|are you (?:a |an )?(?:human|person|machine|ai)"
    r"|qui (?:es tu|etes vous)|(?:tu es|vous etes) (?:qui|quoi)|(?:tu fais|vous faites|tu sers a|vous servez a) quoi"
    r"|que (?:fais tu|faites vous|sais tu faire|savez vous faire)|a quoi (?:tu sers|sers tu|servez vous)|(?:who|what) are you"
    r"|what (?:can|do) you(?: do)?|comment ca (?:marche|fonctionne)|how does (?:this|it|that) work"
    r"|(?:que|quoi) (?:(?:faut il|dois je|doit on|peut on) )?faire|qu est ce qu (?:il faut|on doit|on peut) faire"
    r"|what (?:should|do|must|can) (?:i|we) do"
)
"""What is asked by who is new: who is this, and what is to be done."""
LOST = re.compile(
    r"compren(?:ds?|ons) (?:rien|pas|plus)|(?:ai|avons) (?:rien|pas) compris|not understand|suis perdue?|(?:am|m) lost"
)
SOMEBODY = re.compile(
    r"(?:parler|ecrire) a (?:un humain|une personne|quelqu un|l equipe)|(?:talk|speak|write) to (?:a human|a person|somebody|someone)"
    r"|(?:qui|vous|te|who to|who do i) contacte[rz]?|contacter (?:un humain|quelqu un|l equipe)"
)
"""Of whom wants to ask people, and not a machine."""
GREETS = _set("bonjour bonsoir salut coucou hello hi hey")
THANKS = _set("merci thanks thank thx")
POLITE = (
    GREETS
    | THANKS
    | _set("a tous toutes tout le monde les toi vous bien beaucoup infiniment you very so much all bcp")
)
SPELT = {"koi": "quoi", "kwa": "quoi", "ki": "qui", "kan": "quand", "cmb": "combien"}
"""How some words are written on phones."""
