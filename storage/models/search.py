"""Tables of the search: search due, search text. The index itself is no table of ours: see `storage/search/`."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base


class SearchDue(Base):
    """A case whose text has changed since it was put into the index. Triggers write these rows (migration 0016).

    Named by the row that changed: the case itself, a request or a hold of it. One case may be named many times.
    """

    __tablename__ = "search_due"

    n: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None]
    request_id: Mapped[int | None]
    preservation_id: Mapped[int | None]


class SearchText(Base):
    """What of a case stands in the index, folded, a text a line: what a search is compared with in the end.

    `numbers`: its references alone; `keys`: of its accounts; `sight`: who may see it (`storage/search/documents.py`).
    """

    __tablename__ = "search_text"

    case_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    numbers: Mapped[str] = mapped_column(Text)
    keys: Mapped[str] = mapped_column(Text)
    sight: Mapped[str] = mapped_column(Text)
