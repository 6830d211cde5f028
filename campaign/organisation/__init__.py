"""Names and web addresses of organisations: tidied, compared, and close ones suggested."""

from campaign.organisation.entry import NAME_LIMIT, Doubt, doubt, tidy_name
from campaign.organisation.form import folded, normal_form
from campaign.organisation.index import Names, Suggestion, closest
from campaign.organisation.likeness import CLOSE, SAME
from campaign.organisation.site import URL_LIMIT, domain_of, tidy_url

__all__ = [
    "CLOSE",
    "NAME_LIMIT",
    "SAME",
    "URL_LIMIT",
    "Doubt",
    "Names",
    "Suggestion",
    "closest",
    "domain_of",
    "doubt",
    "folded",
    "normal_form",
    "tidy_name",
    "tidy_url",
]
