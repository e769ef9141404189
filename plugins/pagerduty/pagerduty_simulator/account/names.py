"""Names of the simulated company, so that a report of the demonstration reads like a real one."""

from __future__ import annotations

COMPANY = "Northwind Freight"
SUBDOMAIN = "northwind-freight"

FIRST_NAMES = (
    *("Aino", "Amara", "Anders", "Anita", "Arjun", "Beatriz", "Benedikt", "Carla", "Chidi"),
    *("Chloe", "Daniel", "Devika", "Diego", "Ebony", "Elif", "Emeka", "Erik", "Farah", "Felix"),
    *("Gabriela", "Giulia", "Grace", "Hannah", "Haruto", "Ines", "Ivan", "Jamal", "Jana", "Joao"),
    *("Kaori", "Karim", "Katrin", "Lena", "Liam", "Lucia", "Magnus", "Maya", "Mei", "Mikael"),
    *("Nadia", "Noah", "Olga", "Omar", "Priya", "Rafael", "Rosa", "Samir", "Sofia", "Tariq"),
    *("Tomas", "Ursula", "Viktor", "Wei", "Yara", "Yusuf", "Zofia"),
)
LAST_NAMES = (
    *("Abara", "Aguilar", "Bauer", "Bianchi", "Brandt", "Castro", "Chen", "Dahl", "Demir"),
    *("Eriksen", "Farouk", "Fischer", "Garcia", "Haddad", "Hansen", "Ibrahim", "Ito", "Jansen"),
    *("Kaur", "Kim", "Kowalska", "Larsen", "Lindqvist", "Lopez", "Mbeki", "Mehta", "Moreau"),
    *("Nakamura", "Novak", "Okafor", "Olsen", "Park", "Pereira", "Petrov", "Quinn", "Rossi"),
    *(
        "Salazar",
        "Sato",
        "Schmidt",
        "Silva",
        "Singh",
        "Tanaka",
        "Torres",
        "Varga",
        "Weber",
        "Yilmaz",
    ),
)
TEAMS = (
    ("Payments", "Card, invoice and payout flows"),
    ("Checkout", "Basket and order placement"),
    ("Fleet Tracking", "Positions of vehicles and containers"),
    ("Routing", "Route planning and arrival times"),
    ("Warehouse Systems", "Picking, packing, label printing"),
    ("Identity", "Sign-in, sessions, customer accounts"),
    ("Data Platform", "Streams, warehouse, reporting jobs"),
    ("Platform Infrastructure", "Clusters, networks, DNS"),
    ("Customer Apps", "Web and mobile front ends"),
    ("Partner Integrations", "Carriers, customs, EDI"),
    ("Security Operations", "Detection and response"),
    ("Databases", "Relational and cache clusters"),
)
SERVICES = (
    *("Payments API", "Card Gateway", "Invoice Ledger", "Payout Scheduler", "Refund Worker"),
    *("Checkout Frontend", "Basket Store", "Order Intake", "Promotion Engine", "Tax Calculator"),
    *("Vehicle Telemetry", "Container Tracker", "Geofence Alerts", "Position History"),
    *("Driver Messaging", "Route Planner", "Arrival Estimates", "Map Tiles", "Traffic Feed"),
    *("Load Optimiser", "Warehouse Core", "Label Printer Bridge", "Pick List Builder"),
    *("Conveyor Control", "Stock Counter", "Sign-in", "Session Store", "Customer Accounts"),
    *("Permission Service", "Password Reset", "Event Stream", "Data Warehouse", "Nightly Reports"),
    *("Metrics Pipeline", "Data Catalogue", "Kubernetes Production", "Kubernetes Staging"),
    *("Edge Network", "Internal DNS", "Object Storage", "Customer Web", "Customer iOS"),
    *("Customer Android", "Push Notifications", "Help Centre", "Carrier Gateway", "Customs Filing"),
    *("EDI Translator", "Partner Webhooks", "Rate Shopping", "Intrusion Detection", "Log Archive"),
    *("Certificate Watch", "Secrets Store", "Vulnerability Scanner", "Postgres Orders"),
    *("Postgres Tracking", "Redis Sessions", "Search Cluster", "Database Backups"),
)
TITLES = (
    *("Error rate above 2 % for 5 minutes", "p99 latency above 1.5 s", "Health check failing"),
    *("Disk 92 % full on primary", "Queue depth above 50,000", "Replication lag above 60 s"),
    *("Pods restarting in a loop", "Certificate expires in 3 days", "No data for 10 minutes"),
    *("Connection pool exhausted", "Payment provider returns 502", "Nightly job did not finish"),
    *("Memory above 95 % on two nodes", "Consumer lag growing", "Login success rate dropped"),
    *("Webhook deliveries failing", "Backup older than 26 hours", "5xx from edge in eu-west-1"),
)
JOB_TITLES = (
    *("Site Reliability Engineer", "Backend Engineer", "Senior Backend Engineer"),
    *("Platform Engineer", "Database Engineer", "Security Analyst", "Frontend Engineer"),
)
TIME_ZONES = (
    *("America/New_York", "Europe/Berlin", "America/Chicago", "Europe/London"),
    *("Asia/Kolkata", "America/Los_Angeles"),
)
INTEGRATIONS = (
    ("Datadog", "generic_events_api_inbound_integration"),
    ("Prometheus", "events_api_v2_inbound_integration"),
    ("CloudWatch", "aws_cloudwatch_inbound_integration"),
    ("Email", "generic_email_inbound_integration"),
)
ABILITIES = (
    *("sso", "advanced_reports", "teams", "read_only_users", "team_responders"),
    *("service_support_hours", "urgencies", "manage_schedules", "manage_api_keys"),
    *("coordinated_responding", "response_automation", "event_rules", "permissions_service"),
    *("advanced_permissions", "preview_incident_priority", "incident_priority_activated", "tags"),
    *("change_events", "audit_trail_reporting"),
)
PRIORITIES = (
    ("P1", "Customers cannot ship or pay"),
    ("P2", "A major feature is down for many customers"),
    ("P3", "Degraded, needs the owner's attention"),
    ("P4", "Minor, work around exists"),
    ("P5", "Cosmetic"),
)


def person_name(number: int) -> str:
    """Return the nth person's name; the first 2,500 or so differ."""
    last = LAST_NAMES[(number * 7 + number // len(LAST_NAMES)) % len(LAST_NAMES)]
    name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {last}"
    return name if number < len(FIRST_NAMES) * len(LAST_NAMES) else f"{name} {number}"


def nth_name(names: tuple[str, ...], number: int) -> str:
    """Return the nth of some names, followed by a number where the names run out."""
    name = names[number % len(names)]
    return name if number < len(names) else f"{name} {number // len(names) + 1}"
