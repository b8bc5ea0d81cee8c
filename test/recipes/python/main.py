"""Four threads that never stop asking, through the two pools of docs/runtimes/python.md. Ends with its stdin."""

import json
import os
import sys
import threading
import time

from sqlalchemy import text
from with_psycopg import pool
from with_sqlalchemy import engine

QUERY = "select session_user::text"
counts = {"queries": 0, "failed": 0, "errors": []}
logins = {"sqlalchemy": [], "psycopg": []}
lock = threading.Lock()
over = threading.Event()


def by_sqlalchemy():
    with engine.connect() as connection:
        return connection.execute(text(QUERY)).scalar()


def by_psycopg():
    with pool.connection() as connection:
        return connection.execute(QUERY).fetchone()[0]


def ask(name, query):
    while not over.is_set():
        try:
            login, error = query(), None
        except Exception as caught:
            login, error = None, type(caught).__name__
        with lock:
            counts["queries"] += 1
            if error:
                counts["failed"] += 1
                counts["errors"].append(error)
            elif login not in logins[name][-1:]:
                logins[name].append(login)
        time.sleep(0.01)


threads = [threading.Thread(target=ask, args=pair, daemon=True) for pair in 2 * [("sqlalchemy", by_sqlalchemy), ("psycopg", by_psycopg)]]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
over.set()
for thread in threads:
    thread.join(5)
print(json.dumps({**counts, "logins": logins}), flush=True)
os._exit(0)  # a pool that waits for a connection would not end
