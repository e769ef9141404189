"""What every test of the host stands on: surroundings that say nothing."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock
from hunting import hunt, no_secret_is_left
from hypothesis import settings

from ccm_core import schemas
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.string_formats import FORMATS
from ccm_core.rules.pack.compiled import CompiledPacks
from ccm_core.rules.types import PackText, RowSource

__all__ = ["hunt", "no_secret_is_left"]

# A busy machine is no failure, and what runs on every change must say the same of the same code.
settings.register_profile("ccm", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("ccm")

# Whoever runs the tests has a keyring that is theirs. Here there is none, unless a test brings one.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

SAYS_SOMETHING = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "netrc", "ssl_cert_file")


@pytest.fixture(autouse=True)
def _quiet_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away whatever the machine says about proxies and about ccm itself."""
    for name in os.environ:
        if name.lower() in SAYS_SOMETHING or name.startswith("CCM_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _packs_are_compiled_once() -> Iterator[None]:
    """Compile the same packs once for all that evaluate them: most of an evaluation is that.

    What compiles, in ``tests/rules``, is not asked through here.
    """
    from ccm_core.pipeline import evaluate

    compile_packs = evaluate.compile_packs
    compiled: dict[bytes, CompiledPacks] = {}

    def remember(
        texts: Sequence[PackText], sources: Iterable[RowSource], *, parameters, mistake, checked
    ) -> CompiledPacks:
        sources = list(sources)
        asked = [
            [[text.source, digest(text.text)] for text in texts],
            [[source.name, source.inputs, source.schema()] for source in sources],
            parameters,
            checked,
        ]
        key = json_codec.encode(asked)
        if key not in compiled:
            compiled[key] = compile_packs(
                texts, sources, parameters=parameters, mistake=mistake, checked=checked
            )
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "compile_packs", remember)
        yield


class SchemaValidators:
    """One schema, asked of both validators, formats asserted."""

    def __init__(self, schema: dict) -> None:
        import jsonschema
        import jsonschema_rs

        checker = jsonschema.FormatChecker(formats=())
        for name, check in FORMATS.items():
            checker.checks(name)(check)
        self._quick = jsonschema_rs.Draft202012Validator(
            schema, validate_formats=True, offline=True
        )
        self._slow = jsonschema.Draft202012Validator(schema, format_checker=checker)

    def accepts(self, document: object) -> tuple[bool, bool]:
        """Say whether each of the two finds a document right."""
        return self._quick.is_valid(document), self._slow.is_valid(document)

    def problems(self, document: object) -> list[str]:
        """Say what either of the two finds wrong."""
        quick = [f"{one.instance_path}: {one.message}" for one in self._quick.iter_errors(document)]
        return quick + [
            f"{one.json_path}: {one.message}" for one in self._slow.iter_errors(document)
        ]


@pytest.fixture(scope="session")
def validators() -> Callable[[str], SchemaValidators]:
    """Judge documents by a schema of the host, or by one of its definitions: ``name#part``."""
    compiled: dict[str, SchemaValidators] = {}

    def judge(name: str) -> SchemaValidators:
        if name not in compiled:
            file, _, part = name.partition("#")
            schema = schemas.load(file)
            if part:
                schema = {"$defs": schema["$defs"], "$ref": f"#/$defs/{part}"}
            compiled[name] = SchemaValidators(schema)
        return compiled[name]

    return judge


@dataclass(frozen=True)
class DemonstrationRun:
    """What ``ccm demo`` left behind."""

    folder: Path
    """Where it ran; its own folder, ``demo``, is in there."""
    code: int
    err: str


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, untraced) -> DemonstrationRun:
    """Run ``ccm demo`` once for all tests of all workers, which copy what they change."""
    from ccm_core.cli.main import main

    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    folder, ended = shared / "demonstration", shared / "demonstration.json"
    with FileLock(shared / "demonstration.lock"):
        if not ended.exists():
            folder.mkdir()
            err = io.StringIO()
            with pytest.MonkeyPatch.context() as patch, redirect_stderr(err), untraced():
                patch.chdir(folder)
                code = main(["demo", "--quick"])
            ended.write_text(json.dumps({"code": code, "err": err.getvalue()}))
    return DemonstrationRun(folder=folder, **json.loads(ended.read_text()))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium")
    if found is None and "CI" in os.environ:
        pytest.fail("chromium is not on PATH: install it, these tests may not be skipped here")
    return found or pytest.skip("chromium is not on PATH")


@dataclass
class WebHook:
    """Answers every message with the status it is set to."""

    address: str = ""
    status: int = 200
    messages: list[dict] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[WebHook]:
    """A running web hook, and its Apprise address."""
    hook = WebHook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.status == 200:
                hook.messages.append(json.loads(body))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.address = f"json://127.0.0.1:{server.server_port}/hook?token=S3cret"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
