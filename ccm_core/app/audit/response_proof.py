"""Write what proves that a response was signed, for whoever verifies it without ccm."""

from __future__ import annotations

from pathlib import Path

from ccm_core.approvals.response import response_statement
from ccm_core.atomic_write import write_durably
from ccm_core.errors import UsageError
from ccm_core.model.audit.noted_exception import NotedException
from ccm_core.model.evaluation.waiver import Approval, ApprovalAuthority, ApprovalMethod

_ENDINGS = {ApprovalMethod.SSH: "json.sig", ApprovalMethod.OIDC: "json.jwt"}


def write_proof(exception: NotedException, folder: Path) -> tuple[Path, ...]:
    """Write the statement of the response that counts, its signature, and the author's keys.

    Args:
        exception: The exception with its responses.
        folder: Where to; it is made where it is not there.

    Raises:
        UsageError: There is no response, it is not signed, or a file is there or cannot be written.
    """
    response, name = exception.response, exception.name.id
    if response is None:
        raise UsageError(f"{name} has no response in this period: there is nothing to prove")
    signature = response.signature
    if signature is None:
        raise UsageError(
            f"the response to {name} by {response.by} is not signed: nothing proves it"
        )
    files = {
        folder / f"{name}.json": response_statement(response, signature),
        folder / f"{name}.{_ENDINGS[signature.method]}": signature.proof.encode(),
        **_keys(folder / name, signature, response.authority),
    }
    for path in files:
        if path.exists():
            raise UsageError(f"{path} exists; expected a folder without it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            write_durably(path, content)
    except OSError as cause:
        raise UsageError(f"{folder} cannot be written to: {cause.strerror}") from cause
    return tuple(files)


def _keys(path: Path, signature: Approval, authority: ApprovalAuthority) -> dict[Path, bytes]:
    """Return the author's keys as ``ssh-keygen`` reads them, or those of the provider."""
    if signature.method is ApprovalMethod.SSH:
        lines = [f"{signature.by} {key}\n" for key in authority.ssh_keys]
        return {path.with_name(f"{path.name}.allowed"): "".join(lines).encode()}
    sets = [identity.keys for identity in authority.identities]
    return {
        path.with_name(f"{path.name}.jwks{number}.json"): keys.encode()
        for number, keys in enumerate(sets, 1)
    }
