"""What a person does at the vendor's side, as a terminal prints it."""

from __future__ import annotations

from ccm_core.sdk.types import AuthMethod
from ccm_core.sdk.vendor.guidance import FilledIn, VendorField, VendorGuidance, VendorStep

GUIDANCE = VendorGuidance(
    who="As an administrator:",
    steps=(
        VendorStep(
            text="Open Settings > Apps, and choose New.",
            fields=(
                VendorField(label="Name", value="ccm"),
                VendorField(label="Redirect", filled_in=FilledIn.REDIRECT_URL),
                VendorField(label="Rights", filled_in=FilledIn.SCOPES),
            ),
        ),
        VendorStep(text="Copy the secret now: " + "x" * 90),
    ),
    remarks=("Nothing is changed there.",),
)


def test_steps_are_numbered_and_what_the_host_fills_in_is_below() -> None:
    """Long ones are wrapped under their text."""
    assert GUIDANCE.text.splitlines()[:6] == [
        "As an administrator:",
        "  1. Open Settings > Apps, and choose New.",
        "     Name: ccm",
        "     Redirect: the redirect URL below",
        "     Rights: the scopes below",
        "  2. Copy the secret now:",
    ]
    assert GUIDANCE.text.endswith("\nNothing is changed there.")
    assert max(map(len, GUIDANCE.text.splitlines())) <= 100


def test_a_terminal_prints_instructions_where_a_method_has_them() -> None:
    """Else the guidance, else nothing."""
    method = AuthMethod(name="key", title="Key", secrets=("key",), instructions="Ask for one.")
    assert method.instruction_text == "Ask for one."
    method = AuthMethod(name="key", title="Key", secrets=("key",), guidance=GUIDANCE)
    assert method.instruction_text == GUIDANCE.text
    assert AuthMethod(name="key", title="Key", secrets=("key",)).instruction_text == ""
