"""Merrowfield Goods: its people, teams and services."""

from dataclasses import dataclass

from accounts.models import Role

ORGANISATION = "Merrowfield Goods"
TIME_ZONE = "Europe/London"


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    time_zone: str
    role: Role = Role.MEMBER

    @property
    def email(self) -> str:
        local = self.name.casefold().replace(" ", ".").replace("á", "a")
        return f"{local}@merrowfield.example"


@dataclass(frozen=True, slots=True)
class Group:
    """A team; people are given by name, the lead among the members."""

    name: str
    description: str
    lead: str
    manager: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogued:
    """A service, and the name of the team that owns it."""

    name: str
    owner: str
    description: str


PEOPLE = (
    Person("Maren Holt", "Europe/Berlin"),
    Person("Priya Raman", "Asia/Kolkata"),
    Person("Tomás Vidal", "Europe/Madrid"),
    Person("Aiko Sato", "Asia/Tokyo"),
    Person("Jonas Adeyemi", "Africa/Lagos"),
    Person("Elif Kaya", "Europe/Istanbul"),
    Person("Noor Haddad", "Asia/Dubai"),
    Person("Caleb Whitcombe", "America/Toronto"),
    Person("Kwame Boateng", "Africa/Accra"),
    Person("Sofia Marchetti", "Europe/Rome"),
    Person("Mateo Quispe", "America/Lima"),
    Person("Hannah Okafor", "Europe/London"),
    Person("Lena Fischer", "Europe/Zurich"),
    Person("Ingrid Solheim", "Europe/Oslo"),
    Person("Grace Tan", "Asia/Singapore", Role.VIEWER),
    Person("Oskar Lindqvist", "Europe/Stockholm", Role.ADMINISTRATOR),
)
ADMINISTRATOR = "Oskar Lindqvist"
SIGN_INS = {
    "facilitator": "Maren Holt",
    "responder": "Priya Raman",
    "manager": "Ingrid Solheim",
    "viewer": "Grace Tan",
    "administrator": ADMINISTRATOR,
}
"""Whose passwords are given out, and what a visitor can try as each of them."""

TEAMS = (
    Group(
        "SRE Team",
        "On call for the platform; keeps alerts, runbooks and drills",
        lead="Tomás Vidal",
        manager="Ingrid Solheim",
        members=("Tomás Vidal", "Maren Holt", "Ingrid Solheim"),
    ),
    Group(
        "DevOps Team",
        "The way to production, and the edge in front of it",
        lead="Jonas Adeyemi",
        manager="Ingrid Solheim",
        members=("Jonas Adeyemi", "Elif Kaya"),
    ),
    Group(
        "Dev Team A",
        "Accounts, baskets, checkout and orders",
        lead="Noor Haddad",
        manager="Caleb Whitcombe",
        members=("Noor Haddad", "Caleb Whitcombe"),
    ),
    Group(
        "Dev Team B",
        "Articles, stock, prices, pictures and parcels",
        lead="Priya Raman",
        manager="Caleb Whitcombe",
        members=("Priya Raman", "Caleb Whitcombe"),
    ),
    Group(
        "Payments Team",
        "Taking money, giving it back, and the books about both",
        lead="Kwame Boateng",
        manager="Caleb Whitcombe",
        members=("Kwame Boateng", "Sofia Marchetti"),
    ),
    Group(
        "Data Platform",
        "Databases, search and reporting",
        lead="Aiko Sato",
        manager="Ingrid Solheim",
        members=("Aiko Sato", "Mateo Quispe"),
    ),
    Group(
        "Support Tools",
        "Mail, notifications, the status page and what support works with",
        lead="Hannah Okafor",
        manager="Ingrid Solheim",
        members=("Hannah Okafor",),
    ),
    Group(
        "Customer support",
        "Hears first from customers, partners and warehouses",
        lead="Lena Fischer",
        manager="Ingrid Solheim",
        members=("Lena Fischer",),
    ),
)

SERVICES = (
    Catalogued("AccountService", "Dev Team A", "Accounts and sign-in"),
    Catalogued("BackupStore", "Data Platform", "Backups and their keys"),
    Catalogued("Billing", "Payments Team", "Invoices and refunds"),
    Catalogued("Checkout", "Dev Team A", "From the basket to the paid order"),
    Catalogued("DNS", "DevOps Team", "Our names, inside and outside"),
    Catalogued("DeployPipeline", "DevOps Team", "Builds, tests and deploys"),
    Catalogued("EdgeProxy", "DevOps Team", "TLS, limits and rules at the edge"),
    Catalogued("ExportStore", "Dev Team A", "Exports that customers asked for"),
    Catalogued("FlagService", "DevOps Team", "Feature flags"),
    Catalogued("HelpDesk", "Support Tools", "Tickets and the help centre"),
    Catalogued("InventoryService", "Dev Team B", "Stock, and who is told of changes"),
    Catalogued("Kafka", "SRE Team", "The message broker"),
    Catalogued("LabelService", "Dev Team B", "Labels for parcels"),
    Catalogued("Ledger", "Payments Team", "The books, balanced every hour"),
    Catalogued("Mailer", "Support Tools", "All mail that leaves the house"),
    Catalogued("MediaStore", "Dev Team B", "Pictures, in three regions"),
    Catalogued("Notifier", "Support Tools", "Push notifications"),
    Catalogued("OrderService", "Dev Team A", "Orders, once they are placed"),
    Catalogued("OrdersDB", "Data Platform", "The database of orders"),
    Catalogued("PartnerAPI", "Dev Team A", "What partners order through"),
    Catalogued("PaymentGateway", "Payments Team", "The way to payment providers"),
    Catalogued("PricingEngine", "Dev Team B", "Price lists and offers"),
    Catalogued("ProductService", "Dev Team B", "API for product data"),
    Catalogued("Reporting", "Data Platform", "Dashboards for colleagues"),
    Catalogued("SearchIndex", "Data Platform", "Search of the shop"),
    Catalogued("SessionStore", "SRE Team", "Sessions of people signed in"),
    Catalogued("SlotService", "Dev Team A", "Delivery slots and countries"),
    Catalogued("StatusPage", "Support Tools", "What we say while things are down"),
    Catalogued("UploadService", "Dev Team B", "Takes and resizes uploads"),
    Catalogued("WebhookRelay", "DevOps Team", "Webhooks to partners"),
)
