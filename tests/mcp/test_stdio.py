"""A real client of the protocol, with `ccm mcp` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys

import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client

from ccm_core.mcp.envelope import MOST_BYTES
from ccm_core.mcp.tools import TOOLS

CALLS = {
    "overview": {},
    "checks": {"limit": 100},
    "check": {"rule": "pagerduty_on_call_user_is_notified"},
    "findings": {"limit": 100},
    "frameworks": {},
    "framework": {"framework": "soc2"},
    "evidence": {},
    "records": {"connection": "pagerduty-demo", "kind": "pagerduty.incident", "limit": 100},
    "coverage": {"section": "pagerduty.access"},
    "changes": {},
    "runs": {},
}


async def spoken(settings, errors, mode):
    """Speak with the server: list its tools, call all of them, and some that there are not."""
    arguments = ["-m", "ccm_core", "-c", str(settings), "mcp"]
    started = StdioServerParameters(command=sys.executable, args=arguments)
    async with Client(stdio_client(started, errlog=errors), mode=mode) as client:
        tools = (await client.list_tools()).tools
        calls, texts = dict(CALLS), {}
        while calls:
            name = next(iter(calls))
            answer = await client.call_tool(name, calls.pop(name))
            assert not answer.is_error, answer
            (content,) = answer.content
            texts[name] = content.text
            if name == "findings":
                found = json.loads(content.text)["untrusted_data"]["document"]["findings"][0]
                calls["finding"] = {"finding": found["id"]}
                calls["trace"] = {"result": found["checks"][0]["result"]}
            if name == "records":
                record = json.loads(content.text)["untrusted_data"]["document"]["records"][0]
                calls["simulate_page"] = {"service": record["body"]["service"]["id"]}
                calls["proof"] = {
                    "connection": "pagerduty-demo",
                    "kind": "pagerduty.incident",
                    "key": record["key"],
                }
        refused = await client.call_tool("check", {"rule": ["x"], "limit": "many"})
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("accept_finding", {"finding": "all"})
        at_once = await asyncio.gather(*(client.call_tool("overview", {}) for _ in range(6)))
        assert {one.content[0].text for one in at_once} == {texts["overview"]}
    return tools, texts, refused, unknown.value


@pytest.fixture(scope="module", params=["auto", "legacy"])
def conversation(request, demonstration, tmp_path_factory):
    """A conversation, by the newest revision and by the handshake of older ones."""
    folder = tmp_path_factory.mktemp("stdio") / "demo"
    shutil.copytree(demonstration.folder / "demo", folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with (folder.parent / "errors").open("w+") as errors:
        heard = asyncio.run(spoken(folder / "ccm.yaml", errors, request.param))
        errors.seek(0)
        said = errors.read()
    return heard, said, before, {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_table_of_tools_is_complete(conversation):
    """Every tool is listed, described and marked as reading; and every one of them answers."""
    (tools, texts, _, _), _, _, _ = conversation
    assert [tool.name for tool in tools] == [tool.name for tool in TOOLS]
    assert set(texts) == {tool.name for tool in TOOLS}
    assert len(tools) <= 15
    for tool in tools:
        assert tool.description
        assert tool.annotations.read_only_hint
        assert tool.input_schema["additionalProperties"] is False


def test_answers_are_bounded(conversation):
    """In bytes, whatever is asked for."""
    (_, texts, _, _), _, _, _ = conversation
    assert max(len(text.encode()) for text in texts.values()) <= MOST_BYTES


def test_the_store_is_the_same_byte_for_byte(conversation):
    """After every tool was called; and no file is new."""
    _, _, before, after = conversation
    assert after == before


def test_mistakes_are_errors_without_a_traceback(conversation):
    """Of the arguments, as an answer that says what is wrong; of the tool's name, of the call."""
    (_, _, refused, unknown), said, _, _ = conversation
    assert refused.is_error
    detail = json.loads(refused.content[0].text)["untrusted_data"]["detail"]
    assert len(detail.splitlines()) == 2
    assert unknown.code == -32602
    assert "there are overview" in unknown.message
    assert said == ""


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["not json"], {-32700}),
        (['{"jsonrpc": "2.0", "id": 1, "method": "tools/write", "params": {}}'], {-32601, -32602}),
        (
            ["[]", "{}", '"x"', "\x00", '{"jsonrpc": "2.0", "id": {}, "method": 7}'],
            {-32700, -32600},
        ),
    ],
)
def test_what_is_no_call_is_survived(demonstration, lines, codes):
    """Each line is answered with an error or passed over, and the end of input ends it with 0."""
    settings = demonstration.folder / "demo" / "ccm.yaml"
    ended = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "ccm_core", "-c", str(settings), "mcp"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {one["error"]["code"] for one in answers if "error" in one} <= codes
    assert all("result" not in one for one in answers)


def test_settings_with_mistakes_are_told_before_anything_is_served(tmp_path, capsys):
    """With the exit code of settings."""
    from ccm_core.cli.main import main

    (tmp_path / "ccm.yaml").write_text("version: 2\nnothing: 1\n")
    assert main(["-c", str(tmp_path / "ccm.yaml"), "mcp"]) == 2
    assert "ccm.yaml:1" in capsys.readouterr().err
