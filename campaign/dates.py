"""(placeholder being written)"""
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Moment, say
from campaign.errors import CampaignError


def read_span(t):
    m=re.fullmatch(r"(\d+)\s*(d|j|h|m|jours?|days?)",t.strip())
    if not m: raise CampaignError(say(N_("?")))
    return timedelta(**{{"d":"days","j":"days","h":"hours","m":"minutes"}[m[2][0]]:int(m[1])})
def read_moment(t,*,now,zone,languages):
    try: d=datetime.fromisoformat(t)
    except ValueError: raise CampaignError(say(N_("?")))
    return Moment(d.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC),zone)
def read_day(t,*,now,zone,languages):
    m=re.search(r"(\d+) jours",t)
    if m: return Day((now+timedelta(days=int(m[1]))).date())
    try: return Day(date.fromisoformat(t))
    except ValueError: raise CampaignError(say(N_("?")))
def split_date(words,*,now,zone,languages):
    if words[:1]==["dans"]: return " ".join(words[:3]),list(words[3:])
    return words[0],list(words[1:])
