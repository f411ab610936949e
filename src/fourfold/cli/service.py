"""Commands about the service: start it, its officers, and the check of its log. Django is loaded only inside them."""

from __future__ import annotations

import getpass
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from fourfold import settings
from fourfold.cli.answers import print_json, print_table
from fourfold.cli.questions import AsJson
from fourfold.errors import CodeUnknown, RequestInvalid

commands = typer.Typer()
log = typer.Typer(help="The log of who saw and did what.", no_args_is_help=True)
officers = typer.Typer(help="The officers who may sign in.", no_args_is_help=True)
commands.add_typer(log, name="audit")
commands.add_typer(officers, name="officers")
decisions = typer.Typer(help="What officers decided in the service, as records.", no_args_is_help=True)
commands.add_typer(decisions, name="events")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8000,
    processes: Annotated[int, typer.Option(help="Processes that answer.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Start the service on this machine: its database, its worker and its pages. Ctrl-C ends all of them."""
    _django()
    from django.conf import settings as django_settings

    if host not in _LOOPBACK and not django_settings.BEHIND_TLS:
        raise RequestInvalid(
            "Without TLS the service answers on this machine only.",
            remedy="Put a proxy that speaks TLS in front of it, and set FOURFOLD_BEHIND_TLS=1.",
        )
    _refused_where_taken(host, port)
    accounts = _prepared()
    address = f"http://{host}:{port}"
    if as_json:
        names = ("username", "password", "role")
        print_json({"address": address, "accounts": [dict(zip(names, one, strict=True)) for one in accounts]})
    else:
        print(f"The service is at {address}")
        for username, password, role in accounts:
            print(f"  {role}: sign in as {username} with {password}")
    sys.stdout.flush()
    answering = [
        sys.executable, "-m", "gunicorn", "fourfold.web.wsgi:application", "--bind", f"{host}:{port}",
        "--workers", str(processes), "--worker-class", "gthread", "--threads", "4", "--timeout", "120",
        "--log-level", "warning", "--name", "fourfold", "--no-control-socket",
    ]  # fmt: skip
    _kept_running([answering, [sys.executable, "-m", "fourfold.cli", "work"]])


@commands.command(hidden=True)
def work(as_json: AsJson = False) -> None:
    """Do the work that waits: imports and papers. Started by `serve`; says first what a crash had left open."""
    _django()
    from django.core.management import call_command

    from fourfold.casework.work import resumed

    found = [
        {"entry": entry.number, "verb": entry.verb, "outcome": outcome} for entry, outcome in resumed(at=settings.now())
    ]
    if as_json:
        print_json(found)
    for one in found if not as_json else ():
        print(f"entry {one['entry']}, {one['verb']}: {one['outcome']}", flush=True)
    call_command("db_worker", "--interval", "0.5", "--no-startup-delay", verbosity=0)


@log.command()
def verify(as_json: AsJson = False) -> None:
    """Check the log: every entry's hash, their order, their keys, and the heads kept outside the database."""
    _django()
    from fourfold.casework.access import carried_over
    from fourfold.casework.audit import verified

    carried_over(settings.opened_home(), at=settings.now())
    found = verified()
    if as_json:
        print_json(
            {"is_whole": found.is_whole, "entries": found.entries, "heads": found.heads, "held_to": found.held_to,
             "since_head": found.since_head, "is_refused": found.is_refused, "faults": [list(f) for f in found.faults]}
        )  # fmt: skip
    else:
        print(f"{found.entries:,} entries, {found.heads:,} heads kept outside, the last of entry {found.held_to:,}.")
        print(
            f"A rewrite of the {found.since_head:,} entries after it by somebody with every right would not be found."
        )
        for number, fault in found.faults:
            print(f"  entry {number:,} {fault}")
        if not found.is_refused:
            print("  the database does not refuse to change the log")
        print("The log is whole." if found.is_whole else "The log is NOT whole.")
    if not found.is_whole:
        raise typer.Exit(1)


@log.command()
def head(as_json: AsJson = False) -> None:
    """Keep the head of the log outside the database now, whenever the last was kept."""
    _django()
    from fourfold.casework.audit import Head, head_kept, heads_path

    last = Head.objects.get(pk=1)
    head_kept(settings.now(), last.number, last.hash, is_due=True)
    if as_json:
        print_json({"number": last.number, "hash": last.hash, "file": str(heads_path())})
    else:
        print(f"entry {last.number:,}  {last.hash}  kept in {heads_path()}")


@decisions.command("export")
def export_events(as_json: AsJson = False) -> None:
    """Give the records what officers decided up to now, as a batch. The worker does so at each day's end."""
    _django()
    from fourfold.casework.audit import SYSTEM
    from fourfold.casework.handovers import hand_over_events

    _migrated()
    made = hand_over_events(SYSTEM, clock=settings.now)
    if as_json:
        print_json({"events": made.events, "batch": made.batch} if made else {"events": 0, "batch": None})
    elif made is None:
        print("Nothing was decided since the last batch.")
    else:
        print(f"{made.events:,} events are now records, in batch {made.batch}.")


@officers.command("add")
def add(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[list[str], typer.Option(help="A role: analyst, supervisor, information_manager ...")],
    name: Annotated[str | None, typer.Option(help="The officer's name.")] = None,
    area: Annotated[
        list[str] | None, typer.Option(help="Codes of areas that the roles are for. Default: the force.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open an account with a password made for it, which is shown once."""
    _django()
    from fourfold.casework import roles
    from fourfold.casework.audit import SYSTEM
    from fourfold.casework.officers import enrol, grant_roles

    _migrated()
    wanted = [one.replace("-", "_") for one in role]
    if unknown := [one for one in wanted if one not in roles.TITLES]:
        raise CodeUnknown(f"There is no role {unknown[0]}.", remedy="Use one of: " + ", ".join(roles.TITLES) + ".")
    password = secrets.token_urlsafe(15)
    at = settings.now()
    officer = enrol(SYSTEM, username, name or username, password, at=at)
    held = [roles.Held(one, tuple(area or ())) for one in wanted]
    grant_roles(SYSTEM, officer, held, version=officer.version, reason="Opened from the command line.", at=at)
    if as_json:
        print_json({"username": username, "password": password, "roles": wanted})
    else:
        print(f"{username} can sign in with the password {password}. It is not shown again.")


@officers.command("list")
def list_(as_json: AsJson = False) -> None:
    """The accounts and the roles that they hold."""
    _django()
    from fourfold.casework.officers import Officer

    _migrated()
    at = settings.now()
    rows = [
        (o.username, o.name, "yes" if o.is_active else "no", o.held(at)) for o in Officer.objects.order_by("username")
    ]
    if as_json:
        print_json(
            [
                {"username": u, "name": n, "is_active": a == "yes", "roles": [h.role for h in held]}
                for u, n, a, held in rows
            ]
        )
    else:
        shown = [[u, n, a, ", ".join(" ".join((h.role, *h.areas)) for h in held)] for u, n, a, held in rows]
        print_table(["sign in as", "name", "open", "roles"], shown)


@contextmanager
def on_the_log(
    kind: str, verb: str, record_class: str, *, keys: Sequence[str] = (), files: Sequence[Path] = (),
    folder: Path | None = None, mapping: str = "",
) -> Iterator[None]:  # fmt: skip
    """What a command does to the records' files, on the log of the service that is over them, where there is one.

    What comes in is then worked out by its worker, as after a page.
    """
    if not has_service(settings.opened_home()):
        yield
        return
    _django()
    from fourfold.casework import commands as of_commands

    _migrated()
    every = [
        *keys,
        *filter(None, map(of_commands.key_of_file, files)),
        *([of_commands.key_of_folder(folder)] if folder else []),
    ]
    recipient = f"{getpass.getuser()} of {socket.gethostname()}" if kind == "disclosure" else ""
    told = of_commands.entered(
        kind, verb, record_class, every, clock=settings.now, recipient=recipient, mapping=mapping
    )
    try:
        with told:
            yield
    finally:  # of several files some may have come in before a bad one
        if kind == "collection":
            work_queued()


@contextmanager
def folders_log_carried() -> Iterator[None]:
    """Whatever a command enters in the folder's log is on the log of the service that is over it before the command ends."""
    home = settings.home_path()
    path = home / "access" / "log.jsonl"
    before = path.stat().st_size if path.exists() else 0
    try:
        yield
    finally:
        if path.exists() and path.stat().st_size != before and has_service(home):
            _django()
            from fourfold.casework.access import carried_over

            _migrated()
            carried_over(home, at=settings.now())


def has_service(home: Path) -> bool:
    """Whether a service is over the records' folder: it holds more of people than the folder does."""
    return (home / "service" / "casework.sqlite3").exists() or bool(os.environ.get("FOURFOLD_DATABASE"))


def _refused_where_taken(host: str, port: int) -> None:
    """Refuse a port that another program listens at, before anything is begun."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as fault:
            raise RequestInvalid(
                f"The service cannot listen at port {port} of {host} ({fault.strerror}).",
                remedy="End what listens there, or name another port with --port.",
            ) from None


def _django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "fourfold.web.settings"
    import django

    django.setup()


def with_service() -> None:
    """Open the service's database, brought up to date, for a command that changes what it holds."""
    _django()
    _migrated()


def work_queued() -> None:
    """Have the service's worker work out what pages read of the records, which have changed."""
    from fourfold.casework.work import queue_worked_out

    queue_worked_out()


def _migrated() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def _prepared() -> list[tuple[str, str, str]]:
    """The database and the static files made ready; the accounts that were opened, with their passwords."""
    from django.core.management import call_command

    _migrated()
    from fourfold.casework.access import carried_over

    carried_over(settings.opened_home(), at=settings.now())
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    return _first_accounts()


def _first_accounts() -> list[tuple[str, str, str]]:
    """One account a role for the fictitious force; elsewhere, where nobody can sign in yet, an information manager's."""
    from django.conf import settings as django_settings

    from fourfold.casework import roles
    from fourfold.casework.audit import SYSTEM
    from fourfold.casework.officers import Officer, enrol, grant_roles

    at = settings.now()
    found: list[tuple[str, str, str]] = []

    def opened(username: str, password: str, role: str) -> None:
        officer = enrol(SYSTEM, username, f"Demonstration {roles.TITLES[role].lower()}", password, at=at)
        grant_roles(SYSTEM, officer, [roles.Held(role)], version=1, reason="The first accounts.", at=at)

    if django_settings.FOURFOLD_FICTITIOUS:
        for role in roles.TITLES:
            username, password = role.replace("_", "-"), f"saltmere-{role.replace('_', '-')}"
            if not Officer.objects.filter(username=username).exists():
                opened(username, password, role)
            found.append((username, password, roles.TITLES[role]))
    elif not Officer.objects.exists():
        password = secrets.token_urlsafe(15)
        opened("information-manager", password, "information_manager")
        found.append(("information-manager", password, roles.TITLES["information_manager"]))
    return found


def _kept_running(every: list[list[str]]) -> None:
    """Run each command in a process of its own, start one again that ends, and end all when asked to end."""
    running: list[subprocess.Popen[Any]] = []
    is_ending = False

    def end(*_: Any) -> None:
        nonlocal is_ending
        is_ending = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fourfold.web.settings"}
    try:
        running = [_started(command, environment) for command in every]
        while not is_ending:
            time.sleep(0.5)
            for number, process in enumerate(running):
                if process.poll() is not None and not is_ending:
                    time.sleep(1)
                    running[number] = _started(every[number], environment)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[Any]:
    return subprocess.Popen(command, env=environment)  # noqa: S603 - our own commands, no shell
