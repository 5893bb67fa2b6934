"""What is said to the journal's tables: every statement that writes, by what it takes note of.

Each is one statement of SQL, or several that share their values.
"""

from typing import Final

Statement = tuple[str, ...]

BEGAN: Final[Statement] = (
    "INSERT INTO watches (began, alive, version) VALUES (:at, :at, :version)",
)
RESUMED: Final[Statement] = (
    "INSERT INTO watches (began, alive, version, resumed) VALUES (:at, :at, :version, 1)",
)
# A file that was begun anew meanwhile knows of no watch yet.
ALIVE: Final[Statement] = (
    "UPDATE watches SET alive = :at WHERE rowid = (SELECT max(rowid) FROM watches)",
    """
    INSERT INTO watches (began, alive, version) SELECT :at, :at, :version
    WHERE NOT EXISTS (SELECT 1 FROM watches)
    """,
)
ENDED: Final[Statement] = (
    "UPDATE watches SET alive = :at, ended = :at WHERE rowid = (SELECT max(rowid) FROM watches)",
)
SESSION: Final[Statement] = (
    """
    INSERT INTO sessions VALUES (:session, :title, :site, :at)
    ON CONFLICT (id) DO UPDATE
    SET title = excluded.title, site = excluded.site, seen = excluded.seen
    """,
)
PHASE: Final[Statement] = (
    "INSERT INTO phases VALUES (:session, :at, :phase, :connection, :kernel)",
)
EVENT: Final[Statement] = (
    """
    INSERT OR IGNORE INTO events
    VALUES (:id, :session, :at, :kind, :severity, :text, :cause, :evidence)
    """,
)
RUN_BEGAN: Final[Statement] = (
    """
    INSERT INTO runs (session, run, cell, began, seen) VALUES (:session, :run, :cell, :at, :at)
    ON CONFLICT (session, run) DO UPDATE SET seen = max(seen, excluded.seen)
    """,
)
RUN_ENDED: Final[Statement] = (
    """
    INSERT INTO runs (session, run, seen, ended, outcome, cause, evidence, progress, lines)
    VALUES (:session, :run, :at, :at, :outcome, :cause, :evidence, :progress, :lines)
    ON CONFLICT (session, run) DO UPDATE
    SET seen = excluded.seen, ended = excluded.ended, outcome = excluded.outcome,
        cause = excluded.cause, evidence = excluded.evidence, progress = excluded.progress,
        lines = excluded.lines
    """,
)
METRIC: Final[Statement] = (
    """
    INSERT OR IGNORE INTO series (session, run, name) SELECT :session, :run, :name
    WHERE (SELECT count(*) FROM series WHERE session = :session AND run = :run) < :most_names
    """,
    """
    INSERT INTO points SELECT id, :at, :step, :value FROM series
    WHERE session = :session AND run = :run AND name = :name
    """,
    "UPDATE runs SET seen = :at WHERE session = :session AND run = :run",
)
# A limit that still holds is not a second one, also after a restart of the agent.
LIMIT: Final[Statement] = (
    """
    INSERT INTO limits (session, kind, at, text, accelerator, sessions, after_s)
    SELECT :session, :kind, :at, :text, :accelerator, :sessions, :after_s WHERE NOT EXISTS
    (SELECT 1 FROM limits WHERE session = :session AND kind = :kind AND lifted IS NULL)
    """,
)
LIMIT_LIFTED: Final[Statement] = (
    "UPDATE limits SET lifted = :at WHERE session = :session AND kind = :kind AND lifted IS NULL",
)
ATTENTION_BEGAN: Final[Statement] = (
    """
    INSERT INTO attentions VALUES (:session, :kind, :since, :occurrence, NULL)
    ON CONFLICT (session, kind, occurrence) DO UPDATE SET over = NULL
    """,
)
ATTENTION_OVER: Final[Statement] = (
    "UPDATE attentions SET over = :at WHERE session = :session AND kind = :kind AND over IS NULL",
)

COUNT_OF_SERIES: Final = """
    SELECT count(*) FROM points WHERE series =
    (SELECT id FROM series WHERE session = :session AND run = :run AND name = :name)
    """
POINTS_OF_SERIES: Final = """
    SELECT rowid, julianday(at), value FROM points WHERE series =
    (SELECT id FROM series WHERE session = :session AND run = :run AND name = :name)
    ORDER BY at, rowid
    """
AGES: Final = """
    SELECT at FROM events UNION ALL SELECT at FROM phases UNION ALL SELECT at FROM points
    UNION ALL SELECT seen FROM runs UNION ALL SELECT alive FROM watches
    UNION ALL SELECT at FROM limits UNION ALL SELECT since FROM attentions
    """
FORGET: Final[Statement] = (
    "DELETE FROM events WHERE at <= :at",
    "DELETE FROM phases WHERE at <= :at",
    "DELETE FROM points WHERE at <= :at",
    "DELETE FROM runs WHERE seen <= :at",
    "DELETE FROM series WHERE id NOT IN (SELECT series FROM points)",
    "DELETE FROM limits WHERE coalesce(lifted, at) <= :at",
    "DELETE FROM attentions WHERE coalesce(over, since) <= :at",
    "DELETE FROM watches WHERE alive <= :at AND rowid < (SELECT max(rowid) FROM watches)",
    """
    DELETE FROM sessions WHERE seen <= :at AND id NOT IN (
        SELECT session FROM events UNION SELECT session FROM phases
        UNION SELECT session FROM runs UNION SELECT session FROM attentions WHERE over IS NULL)
    """,
)
