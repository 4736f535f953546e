"""What the adapter itself says: the words on its keyboards and around its forms. All else is said by the desk.

`{}` takes what is named in the sentence. A toast has 200 characters at most.
"""

# On keyboards.
BACK, CANCEL, CHANGE = "← Back", "✕ Cancel", "Change or add…"
CONFIRM = "✓ Yes, it is so"
MORE, YES, NO = "More ▾", "Yes: {}", "No, go back"
DONE, KEEP, SKIP = "✓ That is all", "Keep it →", "Skip →"
EARLIER, LATER, OPEN_CHAT, GO_ON = "◀", "▶", "Open our private chat", "Go on with it"

# Toasts: the short answer to a button.
TOO_OLD = "This button is too old. Please type the command."
MOVED_ON = "This form has moved on: go on with its newest message."
NOT_YOURS = "Only whoever sent it can turn these pages."
IN_PRIVATE = "You have the answer in our private chat."

# Around forms.
PICK_OR_TYPE = "Pick one, or type part of a name."
PICK_OR_WRITE = "Pick one, or write it."
TICK = "Confirm that it is so."
PICK_SEVERAL = "Pick one or more, or type them."
TYPE_IT = "Write it."
SUCH_AS = "Such as:"
NOW = "Now"
FOUND_NOTHING = "Nothing found for “{}”."
WARNS = "⚠️ "
WHAT_TO_CHANGE = "What would you like to change or add?"
MINUTES = 30
PUT_AWAY = f"This form was put away after {MINUTES} minutes. Nothing was sent. What you had so far:"
CANCELLED = "Cancelled: nothing was sent."
DONE_BY_LINE = "Done by the line you sent."
NOTHING_TO_CANCEL = "There is no form to cancel."
NO_FORM = "There is no form to go on with. Send the command once more."

# In groups.
COME_OVER = "What is missing does not belong in a group: let us go on in our private chat."
CANNOT_WRITE = "The answer does not belong in a group, and I cannot write to you alone yet: open our chat first."

# To whoever starts the desk.
TOKEN_LINE = "TELEGRAM_BOT_TOKEN=<the token that @BotFather gave>"  # noqa: S105 - the name of a setting
BAD_TOKEN = f"Telegram does not accept the bot token: it is wrong, or was revoked. Change this line: {TOKEN_LINE}"

NAMELESS = (
    "You write here as the group, so Telegram does not tell me who you are, nor I what you may see. "
    "Turn off “Remain Anonymous” in your rights as an administrator of this group, or write to me alone."
)

# To administrators.
POSTED_TO = "{}: Telegram posts it to {}"
POLLED = "{}: it polls with the same token"
ENDED = "{}: our webhook was ended, as a program does that polls with the same token"

# About what Telegram does and we do not.
THE_VERY_FILE = "{}, byte by byte: Telegram makes a picture smaller."
NO_FILE = "Telegram did not take the file {}. Ask for it once more."
AGAIN = "Once more, because nobody knows whether this arrived:"
