"""What is left in the file of somebody who was forgotten: nothing that names them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from storage.opening import FILE
from tests.conversations.play import PEOPLE, play

if TYPE_CHECKING:
    from pathlib import Path

LIVES = """/as {name}
{enter}
!signer
!voter pour
/as Maud
/room equipe
!scrutin ouvrir majorité On publie ?
!confirmer
/as {name}
{enter}
!voter pour
/private
!signer
!details role=la voix de {name} note=voir avec {name}
!enreflexion demain
!question Pourquoi maintenant, demande {name} ?
!lier
/as Noa
!signer Les Jardiniers du Web
!confirmer
/as {name}
{enter}
!contester Les Jardiniers du Web {name} y était, et personne n'a voté
!confirmer
!question Et après, demande {name} ?
/as Maud
/room equipe
!org ajouter Le Petit Pré
!org representant {address} Le Petit Pré
/as {name}
{enter}
!enreflexion Le Petit Pré question=2 note=dixit {name}
/as Maud
/room equipe
!org revoquer {address} Le Petit Pré
!org ajouter Le Grand Pré
!org fusionner Le Grand Pré = Le Petit Pré
!confirmer
/as {name}
/private
!mesdonnees
/as Sacha
/room collectif
!signer Nuage Libre
/as Maud
/room equipe
!exporter csv
"""
FORGETS = """/as {name}
/private
!oubliezmoi
!confirmer
/wait 1m
/wait 1m
"""


def forms(word: str) -> set[bytes]:
    """A word as it may stand in a database: as it is, and as JSON, HTML and addresses on the web write it."""
    return {
        word.encode(),
        json.dumps(word)[1:-1].encode(),
        word.replace("@", "%40").replace(":", "%3A").encode(),
    }


def found(folder: Path, *words: str) -> set[bytes]:
    """Which of some words the files of a database hold, free pages and the log of writes included."""
    data = b"".join(file.read_bytes() for file in folder.glob(f"{FILE}*"))
    assert data.startswith(b"SQLite")
    return {form for word in words for form in forms(word) if form in data}


@pytest.mark.parametrize(
    ("name", "enter"), [("Camille", "/room collectif"), ("Robin", "/room hebergeurs")], ids=["Matrix", "XMPP"]
)
async def test_no_byte_of_the_database_names_somebody_who_was_forgotten(
    tmp_path: Path, name: str, enter: str
) -> None:
    address = PEOPLE[name].id
    before, after = tmp_path / "before", tmp_path / "after"

    await play(LIVES.format(name=name, enter=enter, address=address), before)
    assert found(before / "data", name, address) >= {name.encode(), address.encode()}

    transcript = await play((LIVES + FORGETS).format(name=name, enter=enter, address=address), after)
    assert "vos droits sont effacés" in transcript
    assert found(after / "data", name, address) == set()
    # What is left all the same is said.
    assert "une empreinte illisible de votre compte" in transcript
    assert found(after / "data", "scrypt$") != set()
    assert found(after / "data", "Nuage Libre") != set()


@pytest.mark.parametrize(
    "ends",
    ["", "!retirer Zoe", "/as Maud\n/room equipe\n!rejeter 1 un collectif, pas une personne\n!confirmer"],
    ids=["stands", "withdrawn", "rejected"],
)
async def test_who_signed_as_themselves_is_forgotten_whatever_became_of_that(
    tmp_path: Path, ends: str
) -> None:
    script = f"""/as Zoe
/room hebergeurs
!signer Zoe
!confirmer
{ends}
/as Zoe
/private
!oubliezmoi
!confirmer
/wait 1m
/wait 1m
"""
    transcript = await play(script, tmp_path)

    assert "vos droits sont effacés" in transcript
    assert found(tmp_path / "data", "Zoe", "zoe", PEOPLE["Zoe"].id) == set()


async def test_what_somebody_wrote_beside_a_colleagues_signature_is_forgotten(tmp_path: Path) -> None:
    script = """/as Camille
/room collectif
!signer
/as Dom
/room hebergeurs
!details note=voir avec Dom
/private
!oubliezmoi
!confirmer
/wait 1m
/wait 1m
"""
    transcript = await play(script, tmp_path)

    assert "vos droits sont effacés" in transcript
    assert found(tmp_path / "data", "Dom", PEOPLE["Dom"].id) == set()
    assert found(tmp_path / "data", "Camille") != set()


async def test_both_accounts_of_somebody_are_forgotten(tmp_path: Path) -> None:
    script = """/as Dom
/private
!signer
!lier
/as Camille
/private
!lier CODE1
!confirmer
!oubliezmoi
!confirmer
/wait 1m
/wait 1m
"""
    transcript = await play(script, tmp_path)

    assert "vos droits sont effacés" in transcript
    names = ("Camille", "Dom", PEOPLE["Camille"].id, PEOPLE["Dom"].id)
    assert found(tmp_path / "data", *names) == set()
