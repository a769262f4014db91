"""What the shop is and sells: branches and a contractor, products, parts, and where parts lie."""

from dataclasses import dataclass


@dataclass(frozen=True)
class House:
    """A branch, or a contractor."""

    key: str
    kind: str
    name: str
    phone: str
    address: str


HOUSES = (
    House(
        "chengdu",
        "branch",
        "安居到家 成都店 · Doorstep Home Chengdu",
        "+86 28 8512 3600",
        "四川省成都市武侯区天府大道北段 1480 号",
    ),
    House(
        "hangzhou",
        "branch",
        "安居到家 杭州店 · Doorstep Home Hangzhou",
        "+86 571 8763 2100",
        "浙江省杭州市西湖区文三路 478 号",
    ),
    House(
        "golden",
        "contractor",
        "金手安装服务 · Golden Hands Installation",
        "+86 28 6710 4400",
        "四川省成都市双流区航空港 12 号",
    ),
)


@dataclass(frozen=True)
class Model:
    """One model of the catalogue. `scene` is what a photo of it shows; `months` of warranty."""

    model: str
    name: str
    name_zh: str
    category: str
    months: int = 24
    certificate: str | None = None
    care: str = ""
    care_zh: str = ""


GAS = "gas_fitter"

MODELS = (
    Model(
        "SOFA-320",
        "Corner sofa Lugano",
        "卢加诺转角沙发",
        "furniture",
        36,
        care="Vacuum weekly. Keep 30 cm away from heaters.",
        care_zh="每周吸尘一次；请与暖气保持 30 厘米以上距离。",
    ),
    Model(
        "WARD-240",
        "Sliding wardrobe Norden 240",
        "北境推拉门衣柜 240",
        "furniture",
        60,
        care="Keep the floor rail free of dust. Do not take out the wall anchors.",
        care_zh="请保持下轨清洁；请勿拆除墙面固定件。",
    ),
    Model("BED-180", "Storage bed Hafen 180", "港湾储物床 180", "furniture", 36),
    Model("DESK-140", "Height-adjustable desk Lift 140", "升降书桌 140", "furniture", 24),
    Model(
        "KIT-LINEA",
        "Fitted kitchen Linea",
        "线境整体橱柜",
        "kitchen",
        60,
        care="Wipe fronts with a damp cloth, then dry. No steam cleaner.",
        care_zh="柜门请用微湿软布擦拭后擦干；请勿使用蒸汽清洁机。",
    ),
    Model(
        "TOP-QUARTZ",
        "Quartz worktop, made to measure",
        "定制石英石台面",
        "kitchen",
        60,
        care="Put hot pans on a trivet. Wipe off oil and wine at once.",
        care_zh="热锅请垫隔热垫；油渍、红酒请及时擦净。",
    ),
    Model(
        "HOB-G5",
        "Gas hob, five burners",
        "五眼燃气灶",
        "appliance",
        36,
        GAS,
        care="Smell of gas: shut the valve, open the windows, touch no switch, call +86 96777.",
        care_zh="闻到燃气味：关阀、开窗、勿碰电器开关，并致电 96777。",
    ),
    Model(
        "HEAT-G16",
        "Gas water heater 16 l",
        "16 升燃气热水器",
        "appliance",
        60,
        GAS,
        care="Never block the flue. Have it serviced once a year.",
        care_zh="请勿遮挡烟道；建议每年保养一次。",
    ),
    Model("HOOD-90", "Cooker hood 90", "90 厘米抽油烟机", "appliance", 36),
    Model("WM-8PRO", "Washing machine 8 kg Pro", "8 公斤滚筒洗衣机", "appliance", 36),
    Model("DISH-14", "Dishwasher, 14 settings", "14 套洗碗机", "appliance", 36),
    Model(
        "LOCK-S2",
        "Smart door lock S2",
        "智能门锁 S2",
        "smart_home",
        24,
        care="Change all four batteries together. Keep the mechanical key outside your home.",
        care_zh="四节电池请同时更换；机械钥匙请存放在家以外的地方。",
    ),
    Model("CURT-M1", "Curtain motor M1", "智能窗帘电机 M1", "smart_home", 24),
    Model("PANEL-7", "Smart-home panel 7 inch", "7 寸智能中控屏", "smart_home", 24),
)


# sku, name, 名称, price in cents CNY, whether the old one must come back
PARTS: tuple[tuple[str, str, str, int, bool], ...] = (
    ("HINGE-110", "Hinge 110°, soft closing", "110° 阻尼铰链", 1250, False),
    ("HINGE-165", "Hinge 165°, wide angle", "165° 大角度铰链", 2480, False),
    ("RUNNER-500", "Drawer runner 500 mm, pair", "500 毫米抽屉滑轨（一对）", 8600, False),
    ("HANDLE-192", "Handle bar 192 mm", "192 毫米拉手", 2200, False),
    ("ANCHOR-M8", "Wall anchor M8, set of four", "M8 墙面固定件（四只）", 1600, False),
    ("LEG-100", "Cabinet leg 100 mm", "100 毫米柜脚", 650, False),
    ("EDGE-OAK", "Edge band oak, 5 m", "橡木封边条 5 米", 3200, False),
    ("PANEL-OAK-60", "Front panel oak 600 mm", "600 毫米橡木门板", 26800, True),
    ("RAIL-FLOOR-24", "Floor rail for sliding doors 2.4 m", "2.4 米推拉门下轨", 14500, False),
    ("ROLLER-SLIDE", "Roller for sliding doors", "推拉门滚轮", 3900, False),
    ("GASLIFT-700", "Gas lift 700 N for storage bed", "储物床气压杆 700N", 5900, False),
    ("DESK-MOTOR", "Lifting motor for desk", "升降桌电机", 38900, True),
    ("SEALANT-W", "Sanitary sealant, white", "白色防霉密封胶", 2800, False),
    ("SIPHON-40", "Siphon 40 mm", "40 毫米下水器", 4500, False),
    ("TAP-CART-35", "Tap cartridge 35 mm", "35 毫米龙头阀芯", 3600, False),
    ("HOSE-IN-15", "Inlet hose 1.5 m", "1.5 米进水管", 2900, False),
    ("HOSE-OUT-20", "Drain hose 2 m", "2 米排水管", 3300, False),
    ("PUMP-DRAIN", "Drain pump for washing machine", "洗衣机排水泵", 16800, True),
    ("SEAL-DOOR-WM", "Door seal for washing machine", "洗衣机门封圈", 21500, True),
    ("BOARD-WM8", "Control board WM-8PRO", "洗衣机主板 WM-8PRO", 46800, True),
    ("FILTER-HOOD", "Grease filter for cooker hood", "油烟机滤网", 7800, False),
    ("FAN-HOOD-90", "Fan motor for HOOD-90", "油烟机电机 HOOD-90", 52800, True),
    ("IGNITER-G5", "Igniter for gas hob", "燃气灶点火器", 8900, True),
    ("HOSE-GAS-15", "Gas hose, corrugated steel 1.5 m", "1.5 米燃气波纹管", 7600, False),
    ("VALVE-GAS-15", "Gas valve 15 mm", "15 毫米燃气阀", 9800, False),
    ("SPRAY-DISH", "Spray arm for dishwasher", "洗碗机喷淋臂", 9200, False),
    ("BATTERY-AA4", "Batteries AA, four", "五号电池（四节）", 1800, False),
    ("LOCK-BODY-S2", "Lock body S2", "智能锁锁体 S2", 32800, True),
    ("MOTOR-M1", "Drive unit curtain motor M1", "窗帘电机驱动 M1", 29800, True),
    ("GATEWAY-Z3", "Gateway Z3", "智能网关 Z3", 19900, True),
)

# What every warehouse receives of each sku, unless named: enough, but not of everything.
RECEIVED = 48
SHORT = {"BOARD-WM8": 2, "FAN-HOOD-90": 1, "DESK-MOTOR": 2, "PANEL-OAK-60": 4, "MOTOR-M1": 3}
# What should lie in a warehouse at least.
MINIMUMS = {"BOARD-WM8": 4, "FAN-HOOD-90": 3, "SEALANT-W": 12}
# What the counts of two vans found otherwise than the ledger says: driver -> part -> pieces.
COUNTED: dict[str, dict[str, int]] = {"hao": {}, "ravi": {"HOSE-IN-15": -1, "FILTER-HOOD": 1}}
# What every van carries, by what its driver is good at.
VAN_STOCK: dict[str, dict[str, int]] = {
    "furniture": {"ANCHOR-M8": 6, "ROLLER-SLIDE": 4, "LEG-100": 8, "GASLIFT-700": 2},
    "kitchen": {"HINGE-110": 12, "HINGE-165": 4, "RUNNER-500": 3, "HANDLE-192": 6, "SEALANT-W": 4},
    "appliance": {"HOSE-IN-15": 3, "HOSE-OUT-20": 2, "PUMP-DRAIN": 1, "FILTER-HOOD": 3},
    "gas": {"HOSE-GAS-15": 4, "VALVE-GAS-15": 2, "IGNITER-G5": 2},
    "smart_home": {"BATTERY-AA4": 6, "GATEWAY-Z3": 1},
}
