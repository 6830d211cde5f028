"""Dates and spans as people type them on a phone, in French and English; nothing here reads a clock.

What is typed is cut into a time of day and a day. Times, weekdays and the ends of months have rules of their own, for
a general date library reads "vendredi 18h" as midnight. The spelling of months and counting in months and years are
the library's work; it is handed nothing else, for it finds a day of some month in "12 hours", too.

Two rules decide what a day alone means. A day without a time lasts: as a moment it is its last minute, 23:59. A day
without a year is the next such day, today included. What may be two days, or any of several, is never guessed: it is
asked about (`Which`), with what can be typed instead.
"""

from campaign.dates.cutting import MOST_WORDS, split_date
from campaign.dates.finding import Written, find_day
from campaign.dates.pairs import read_days
from campaign.dates.reading import read_day, read_moment, read_span
from campaign.dates.spans import LONGEST
from campaign.dates.times import END_OF_DAY
from campaign.dates.which import Which
from campaign.dates.words import LONGEST_TEXT

__all__ = [
    "END_OF_DAY",
    "LONGEST",
    "LONGEST_TEXT",
    "MOST_WORDS",
    "Which",
    "Written",
    "find_day",
    "read_day",
    "read_days",
    "read_moment",
    "read_span",
    "split_date",
]
