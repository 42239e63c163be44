"""The composition root: the only file that knows every adapter."""

from __future__ import annotations

from importlib.metadata import distributions
from pathlib import Path

from usd_ai.config import ConfiguredProjects, Settings, load_project
from usd_ai.core.archive import Ports
from usd_ai.core.engine import Engine
from usd_ai.editorial.desk import Desk
from usd_ai.generators.installed import InstalledGenerators
from usd_ai.graph.ledger import SqlLedger
from usd_ai.provenance.keeper import Records
from usd_ai.provenance.seal import Signer
from usd_ai.run.clock import SystemClock
from usd_ai.run.locks import FileLocks
from usd_ai.run.process import Pool
from usd_ai.stage.workshop import Workshop


def compose(settings: Settings) -> Engine:
    """The engine for the shows that the settings name. `Engine.close` ends its children and its ledger."""
    shows = ConfiguredProjects([load_project(Path(file)) for file in settings.projects])
    state = Path(settings.state or Path(shows.all()[0].root) / ".usd_ai").absolute()
    keys = state / "keys"
    clock, records = SystemClock(), Records(Signer.first_run(keys))
    for show in shows.all():
        records.publish_trust(Path(show.root) / show.publish, settings.signer, Signer.made(keys))
    ledger = SqlLedger(f"sqlite:///{state / 'ledger.sqlite'}", state / "blobs", shows, clock)
    workers = Pool(settings.workers, folder=str(state / "workers"), sandbox_preload=("pxr.Usd", "pxr.UsdGeom"))
    desk, workshop = Desk(workers), Workshop(workers, str(state / "arrays"), settings.workers)
    return Engine(
        Ports(
            projects=shows,
            cuts=desk,
            stages=workshop,
            generators=InstalledGenerators(),
            workers=workers,
            workshop=workshop,
            records=records,
            ledger=ledger,
            history=ledger.history,
            timelines=desk,
            locks=FileLocks(str(state / "locks")),
            clock=clock,
            versions=installed_versions,
            arrays=str(state / "arrays"),
            cache=str(state / "cache"),
            work=str(state / "work"),
            closing=(workers.close, ledger.close),
        )
    )


def installed_versions() -> dict[str, str]:
    """Release of every installed distribution, by its name; build tags such as +cpu are left out."""
    return {name: d.version.partition("+")[0] for d in distributions() if (name := d.metadata["Name"])}
