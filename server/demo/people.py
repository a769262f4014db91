"""Who works in the shop. All of them sign in with the password of the demo."""

from dataclasses import dataclass

from server.demo.shop import GAS
from server.domain.people import Role


@dataclass(frozen=True)
class Colleague:
    """Somebody with an account. `does` and `does_zh` are what the table of accounts says."""

    username: str
    name: str
    role: Role
    house: str = "chengdu"
    team: str | None = None
    language: str = "zh"
    skills: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    phone: str = ""
    does: str = ""
    does_zh: str = ""
    is_active: bool = True


SUN = Colleague(
    "sun",
    "Sun Min 孙敏",
    Role.SUPERVISOR,
    does="supervises: sees everything, decides",
    does_zh="客服主管：查看全部、审批",
)
WEI = Colleague(
    "wei",
    "Wei Jing 魏静",
    Role.ADVISOR,
    does="advises customers: opens tickets, closes them",
    does_zh="客服顾问：受理与关闭工单",
)
BOB = Colleague(
    "bob",
    "Bob Luo 罗博",
    Role.DISPATCHER,
    language="en",
    does="dispatches: issues jobs, accepts the work",
    does_zh="调度：派工、审核",
)
STOCK = Colleague(
    "stock",
    "Shi Tuo 石拓",
    Role.STOREKEEPER,
    does="keeps parts: receives, transfers, ships",
    does_zh="库管：收货、调拨、发件",
)
ALICE = Colleague(
    "alice",
    "Alice Wen 文爱丽",
    Role.INSTALLER,
    team="蓝队 Blue",
    language="en",
    skills=("kitchen", "furniture", "appliance"),
    phone="+86 139 8010 2201",
    does="installs and repairs for the Chengdu branch",
    does_zh="师傅（成都店）",
)
CAROL = Colleague(
    "carol",
    "Carol Tan 谭可如",
    Role.INSTALLER,
    "golden",
    language="en",
    skills=("smart_home", "furniture"),
    phone="+86 136 7812 5530",
    does="installs for the contractor Golden Hands",
    does_zh="师傅（第三方安装商）",
)
MEI = Colleague(
    "mei",
    "Mei Lan 梅兰",
    Role.CONTRACTOR_MANAGER,
    "golden",
    does="manages the contractor Golden Hands",
    does_zh="第三方安装商负责人",
)
LENA = Colleague(
    "lena",
    "Lena Xu 许乐娜",
    Role.LEAD_INSTALLER,
    team="蓝队 Blue",
    skills=("kitchen", "furniture"),
    phone="+86 139 8022 7310",
    does="leads Alice's team",
    does_zh="安装队长",
)
HAO = Colleague(
    "hao",
    "何浩 He Hao",
    Role.INSTALLER,
    team="蓝队 Blue",
    skills=("appliance", "kitchen", "gas"),
    certificates=(GAS,),
    phone="+86 138 8166 4102",
)
ZHOU = Colleague(
    "zhou",
    "周强 Zhou Qiang",
    Role.INSTALLER,
    team="红队 Red",
    skills=("smart_home", "appliance", "furniture"),
    phone="+86 135 5123 8806",
)
LIN = Colleague("lin", "林悦 Lin Yue", Role.ADVISOR, "hangzhou")
QING = Colleague("qing", "秦卿 Qin Qing", Role.DISPATCHER, "hangzhou")
KU = Colleague("ku", "顾库 Gu Ku", Role.STOREKEEPER, "hangzhou")
TAO = Colleague(
    "tao",
    "陶然 Tao Ran",
    Role.INSTALLER,
    "hangzhou",
    team="西湖队 West",
    skills=("kitchen", "furniture", "appliance"),
    phone="+86 137 5711 9043",
)
YUN = Colleague(
    "yun",
    "云帆 Yun Fan",
    Role.INSTALLER,
    "hangzhou",
    team="西湖队 West",
    skills=("appliance", "smart_home", "furniture", "gas"),
    certificates=(GAS,),
    phone="+86 158 6812 7765",
)
RAVI = Colleague(
    "ravi",
    "Ravi Menon",
    Role.INSTALLER,
    "golden",
    language="en",
    skills=("smart_home", "appliance", "furniture"),
    phone="+65 8123 4471",
)
DAN = Colleague(
    "dan", "Dan Ho 何丹", Role.INSTALLER, team="蓝队 Blue", language="en", is_active=False
)

COLLEAGUES = (
    (SUN, WEI, BOB, STOCK, ALICE, CAROL, MEI, LENA, HAO, ZHOU)
    + (LIN, QING, KU, TAO, YUN, RAVI, DAN)
)  # fmt: skip
# Those whom the table at the end of the story names.
ACCOUNTS = (ALICE, CAROL, LENA, BOB, WEI, SUN, STOCK, MEI)
BY_NAME = {each.username: each for each in COLLEAGUES}

# Who opens tickets, issues jobs and keeps the parts, by branch.
ADVISOR = {"chengdu": WEI, "hangzhou": LIN}
DISPATCHER = {"chengdu": BOB, "hangzhou": QING}
STOREKEEPER = {"chengdu": STOCK, "hangzhou": KU}
