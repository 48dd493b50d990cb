"""When somebody's mornings, days or zone change, what was planned for them is stale.

The registry stands with the accounts, since a time zone is changed there.
"""

from accounts.waking import register, wake

__all__ = ["register", "wake"]
