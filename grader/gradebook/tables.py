"""Define the gradebook's tables, with plain SQL types only, so that SQLite and PostgreSQL hold the same data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from grader.grading.record import utc

SCHEMA_VERSION = 4


class Utc(TypeDecorator[datetime]):
    """Store a time in UTC. SQLite drops the time zone, so reading adds it again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return self.process_bind_param(value, dialect)


class Base(DeclarativeBase):
    pass


class MetaRow(Base):
    """Hold facts about the gradebook itself: the version of its tables."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class RecordRow(Base):
    """Hold one record: its whole JSON, and in columns the facts that scores and listings need."""

    __tablename__ = "records"
    __table_args__ = (Index("records_by_student", "student", "module"), Index("records_by_module", "module"))

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(64), unique=True)  # which grading this is
    content: Mapped[str] = mapped_column(String(64))  # digest of the record without its signature
    student: Mapped[str] = mapped_column(Text)
    module: Mapped[str] = mapped_column(Text)
    commit: Mapped[str] = mapped_column("commit_id", Text)
    handed_in: Mapped[datetime] = mapped_column(Utc)
    graded_at: Mapped[datetime] = mapped_column(Utc)
    clean: Mapped[bool]  # complete, and no check ended with an error of the grader
    points: Mapped[int]
    max_points: Mapped[int]
    capability: Mapped[bool]
    milestone: Mapped[bool]
    work: Mapped[str] = mapped_column(Text)  # the module's own file
    files: Mapped[str] = mapped_column(String(64))  # all files that were graded
    suite: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)


class CheckRow(Base):
    """Hold one check of one record, for statistics over a class."""

    __tablename__ = "checks"

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(20))
    points: Mapped[int]
    max_points: Mapped[int]
    seconds: Mapped[float]
