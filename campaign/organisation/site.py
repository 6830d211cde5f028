"""Web addresses of organisations: tidied, refused where they lead nowhere, and compared."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from campaign.chat import N_, say
from campaign.errors import CampaignError
from campaign.organisation.form import without_invisible

URL_LIMIT = 500
"""The longest web address, in characters."""

_LEFT_OVER = frozenset(
    [
        "example.com",
        "exemple.com",
        "exemple.fr",
        "exemple.org",
        "ejemplo.com",
        "ejemplo.es",
        "esempio.it",
        "beispiel.de",
        "yoursite.com",
        "your-site.com",
        "yourwebsite.com",
        "yourdomain.com",
        "your-domain.com",
        "mysite.com",
        "mywebsite.com",
        "mydomain.com",
        "domain.com",
        "site.com",
        "website.com",
        "votresite.fr",
        "votre-site.fr",
        "votresite.com",
        "votre-site.com",
        "votre-domaine.fr",
        "monsite.fr",
        "mon-site.fr",
        "monsite.com",
        "mon-site.com",
        "domaine.fr",
        "site.fr",
        "test.com",
        "test.fr",
    ]
)
"""Hosts that templates and forms give as an example. example.org and example.net are left to documentation and tests."""
_SHORTENED = frozenset(
    [
        "bit.ly",
        "bitly.com",
        "j.mp",
        "t.co",
        "goo.gl",
        "tinyurl.com",
        "ow.ly",
        "is.gd",
        "v.gd",
        "buff.ly",
        "cutt.ly",
        "rb.gy",
        "rebrand.ly",
        "shorturl.at",
        "short.io",
        "tiny.cc",
        "t.ly",
        "dub.sh",
        "s.id",
        "lnkd.in",
        "fb.me",
        "lstu.fr",
        "frama.link",
        "huit.re",
        "urlr.me",
        "urlz.fr",
        "vu.fr",
        "xn--vi8h.to",
        "shrt.fr",
        "lc.cx",
        "amzn.to",
        "youtu.be",
        "wp.me",
        "dlvr.it",
        "bl.ink",
        "soo.gd",
        "clck.ru",
        "kutt.it",
        "0x0.st",
    ]
)
"""Hosts whose addresses only lead to others."""
_HERE = frozenset({"localhost", "local", "lan", "internal", "home", "localdomain", "invalid", "onion"})
"""The last part of hosts that not everybody can reach."""
_SHARED = frozenset(
    [
        "facebook.com",
        "instagram.com",
        "twitter.com",
        "x.com",
        "linkedin.com",
        "youtube.com",
        "github.com",
        "gitlab.com",
        "github.io",
        "gitlab.io",
        "wordpress.com",
        "blogspot.com",
        "wixsite.com",
        "over-blog.com",
        "jimdo.com",
        "jimdofree.com",
        "weebly.com",
        "site123.me",
        "eklablog.com",
        "helloasso.com",
        "framasite.org",
        "frama.site",
        "framagit.org",
        "mastodon.social",
        "mamot.fr",
        "assoconnect.com",
        "sites.google.com",
        "google.com",
        "linktr.ee",
        "wikipedia.org",
        "canalblog.com",
        "tumblr.com",
        "free.fr",
        "orange.fr",
        "wanadoo.fr",
        "netlify.app",
        "vercel.app",
        "notion.site",
    ]
)
"""Hosts of many: the same one says nothing of who they are."""


def tidy_url(raw: str) -> str:
    """Clean a website's address as typed: `https://` where no scheme is given, scheme and host in lower case.

    Raises CampaignError, which says why and what to do, for anything else than http or https, a host without a dot,
    one of this network alone, a bare IP address, what a template left there, what a shortener made, a user name or
    password, or characters that have no place in an address.
    """
    spaced = "".join(" " if unicodedata.category(one) == "Cc" else one for one in raw)
    typed = " ".join(unicodedata.normalize("NFC", without_invisible(spaced)).split())
    typed = typed.lstrip("<").rstrip(".,;>")
    if not re.match(r"[a-z][a-z0-9+.-]*://", typed, re.IGNORECASE):
        # "example.org:8443" is a host with a port, "mailto:…" is a scheme.
        if re.match(r"[a-z][a-z0-9+-]*:(?!\d)", typed, re.IGNORECASE):
            raise _bad_url(typed)
        typed = f"https://{typed}"
    if len(typed) > URL_LIMIT or re.search(r"[\s<>\"\\`{}|^]", typed):
        raise _bad_url(raw)
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise _bad_url(raw) from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise _bad_url(raw)
    _check_host(host, raw)
    netloc = host if port is None else f"{host}:{port}"
    return parts._replace(netloc=netloc, path="" if parts.path == "/" else parts.path).geturl()


def domain_of(url: str) -> str:
    """Return the host of a website's address in lower case, without `www.`; empty if there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")


def own_host(url: str) -> str:
    """Return the host of a website's address as one organisation's own; empty for one that many share.

    For comparing: an address as typed will do, with or without its scheme.
    """
    host = domain_of(url if "://" in url else f"https://{url.strip()}").casefold()
    return "" if any(host == shared or host.endswith(f".{shared}") for shared in _SHARED) else host


def page_of(url: str) -> str:
    """Return the path of a website's address, for comparing: without slashes at its ends."""
    try:
        return urlsplit(url if "://" in url else f"https://{url.strip()}").path.strip("/").casefold()
    except ValueError:
        return ""


def _check_host(host: str, raw: str) -> None:
    labels = host.split(".")
    if ":" in host or (len(labels) > 1 and labels[-1].isdecimal()):
        raise CampaignError(
            say(
                N_("“{typed}” is the number of a computer. Type the name of the website, such as {example}"),
                typed=raw,
                example="https://example.org",
            )
        )
    if labels[-1] in _HERE:
        raise CampaignError(
            say(
                N_("“{typed}” cannot be reached by everybody. Type a public address, such as {example}"),
                typed=raw,
                example="https://example.org",
            )
        )
    if not _is_domain(host, labels):
        raise _bad_url(raw)
    bare = host.removeprefix("www.")
    if bare in _LEFT_OVER or bare.endswith(".example.com"):
        raise CampaignError(
            say(
                N_("“{typed}” is only an example. Type the real address, or leave it out."),
                typed=raw,
            )
        )
    if bare in _SHORTENED:
        raise CampaignError(
            say(
                N_(
                    "“{typed}” is a short link, and nobody sees where it leads. Open it and type the address it leads to."
                ),
                typed=raw,
            )
        )


def _is_domain(host: str, labels: list[str]) -> bool:
    return (
        len(labels) > 1
        and len(host) <= 253  # noqa: PLR2004 - RFC 1035, section 2.3.4
        and all(re.fullmatch(r"[^\W_](?:[^\W_]|-){0,62}", label) and label[-1] != "-" for label in labels)
    )


def _bad_url(typed: str) -> CampaignError:
    return CampaignError(
        say(
            N_("“{typed}” is not a web address. Type one such as {example}"),
            typed=typed,
            example="https://example.org",
        )
    )
