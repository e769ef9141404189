"""Random histories of a store: what changes between evaluations, and how the clock moves."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT, LOG_ENTRY = "pagerduty.incident", "pagerduty.incident_log_entry"
KEYS = [f"I{n}" for n in range(5)]
HOURS = [-5, -1, -2, -719.5, -720, -721, 1]
INCIDENTS = st.fixed_dictionaries(
    {"hours": st.sampled_from(HOURS), "status": st.sampled_from(["triggered", "resolved"])},
    optional={
        "urgency": st.sampled_from(["low", None]),
        "into": st.sampled_from(KEYS),
        "service": st.sampled_from([None, {"id": "S1", "summary": "One"}, {"id": "S9"}]),
        "incident_number": st.sampled_from([1, None]),
    },
)
SUPPORT = {
    "type": "fixed_time_per_day",
    "time_zone": "Europe/Berlin",
    "start_time": "09:00:00",
    "end_time": "17:00:00",
    "days_of_week": [1, 2, 3, 4, 5],
}
SERVICES = st.fixed_dictionaries(
    {},
    optional={
        "support_hours": st.sampled_from([None, SUPPORT]),
        "status": st.sampled_from(["critical", "disabled"]),
    },
)
ACTIONS = ["trigger", "acknowledge", "resolve", "escalate", "annotate"]
CHANGES = st.one_of(
    st.tuples(st.just("incident"), st.sampled_from(KEYS), INCIDENTS),
    st.tuples(
        st.just("entry"),
        st.sampled_from(["La", "Lb", "Lc", "Ld"]),
        st.sampled_from(KEYS),
        st.sampled_from(ACTIONS),
        st.sampled_from([-5, -4.9, -4, -1]),
    ),
    st.tuples(st.just("services"), st.dictionaries(st.sampled_from(["S0", "S1"]), SERVICES)),
    st.tuples(
        st.just("erase"), st.sampled_from([INCIDENT, LOG_ENTRY]), st.sampled_from([*KEYS, "La"])
    ),
    st.tuples(st.just("twin"), st.sampled_from(KEYS)),
    st.tuples(st.just("lacking"), st.sampled_from(KEYS)),
    st.tuples(st.just("ahead"), st.sampled_from(KEYS)),
    st.tuples(st.just("stale")),
    st.tuples(st.just("settings"), st.sampled_from(["30d", "1d"])),
    st.tuples(st.just("limit"), st.sampled_from(["2h", "6h"])),
)
STEPS = st.lists(
    st.tuples(
        st.lists(CHANGES, max_size=4), st.sampled_from([1, 1, 20, 70, 60 * 24, 60 * 24 * 20, -30])
    ),
    min_size=2,
    max_size=6,
)
