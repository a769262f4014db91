"""The photo slots and checklists that the office starts from, one set for each kind of ticket.

Pure data, in the shape that `checklists` judges; English and Chinese side by side. They fit
furniture, kitchens, appliances and smart-home equipment. Copy before changing: they are shared.
"""

from typing import Any

Json = dict[str, Any]


def _slot(slot: str, label: str, label_zh: str, minimum: int = 1) -> Json:
    return {"slot": slot, "label": label, "label_zh": label_zh, "minimum": minimum}


_SERIAL = _slot("serial_label", "Serial label", "序列号标签")
_CLEAN = _slot("area_clean", "Area left clean", "现场清洁")

DEFAULT_SLOTS: dict[str, list[Json]] = {
    "installation": [
        _slot("before", "Before the work", "施工前"),
        _slot("after", "After the work", "施工后"),
        _SERIAL,
        _CLEAN,
    ],
    "repair": [
        _slot("before", "The fault, before the work", "维修前（故障处）"),
        _slot("after", "After the repair", "维修后"),
        _SERIAL,
        _CLEAN,
    ],
    "return_exchange": [
        _slot("goods", "The goods from two sides", "商品外观（两个角度）", 2),
        _SERIAL,
        _slot("packaging", "The packaging", "包装"),
    ],
    "consultation": [_slot("place", "The place it is about", "咨询现场")],
    "maintenance": [
        _slot("before", "Before the service", "保养前"),
        _slot("after", "After the service", "保养后"),
        _SERIAL,
    ],
    "complaint": [
        _slot("finding", "What the complaint is about, two sides", "投诉问题处（两个角度）", 2)
    ],
}


def _step_of(kind: str, step_id: str, label: str, label_zh: str, **more: Any) -> Json:
    known = {"step_id": step_id, "kind": kind, "label": label, "label_zh": label_zh}
    return {**known, "required": True, **more}


def _yes_no(step_id: str, label: str, label_zh: str, **more: Any) -> Json:
    return _step_of("yes_no", step_id, label, label_zh, **more)


def _text(step_id: str, label: str, label_zh: str, **more: Any) -> Json:
    return _step_of("text", step_id, label, label_zh, **more)


def _photo(step_id: str, label: str, label_zh: str, **more: Any) -> Json:
    return _step_of("photo", step_id, label, label_zh, slot=step_id, **more)


def _number(
    step_id: str, label: str, label_zh: str, low: int, high: int, unit: str, **more: Any
) -> Json:
    limits = {"minimum": low, "maximum": high, "unit": unit}
    return _step_of("number", step_id, label, label_zh, **limits, **more)


def _choice(
    step_id: str, label: str, label_zh: str, choices: dict[str, tuple[str, str]], **more: Any
) -> Json:
    """`choices` is value -> (English, Chinese)."""
    listed = [{"value": v, "label": en, "label_zh": zh} for v, (en, zh) in choices.items()]
    return _step_of("choice", step_id, label, label_zh, choices=listed, **more)


def _if(step_id: str, answer: Any) -> Json:
    return {"only_if": {"step_id": step_id, "answer": answer}}


_TRADES = {
    "furniture": ("Furniture", "家具"),
    "kitchen": ("Kitchen", "橱柜"),
    "appliance": ("Appliance", "家电"),
    "smart_home": ("Smart-home equipment", "智能家居"),
}
_WALLS = {
    "concrete": ("Concrete", "混凝土墙"),
    "brick": ("Brick", "砖墙"),
    "light": ("Light partition or plasterboard", "轻质隔墙或石膏板"),
    "unknown": ("Not clear", "无法判断"),
}
_FAULTS = {
    "hinge_or_runner": ("Hinge or drawer runner", "铰链或滑轨"),
    "surface": ("Surface or edge", "表面或封边"),
    "leak": ("Water leak", "漏水"),
    "electrical": ("Power or wiring", "电源或线路"),
    "electronics": ("Board, sensor or display", "主板、传感器或显示"),
    "network": ("Network or app", "网络或应用"),
    "noise": ("Noise or vibration", "异响或振动"),
    "other": ("Something else", "其他"),
}
_FAULT_CAUSES = {
    "product": ("Product or material", "产品或材料"),
    "installation": ("Installation", "安装"),
    "transport": ("Transport", "运输"),
    "use": ("Use or wear", "使用或磨损"),
    "building": ("The building: wall, water, power", "房屋条件（墙体、水、电）"),
    "unknown": ("Not clear", "无法判断"),
}
_LEFT_CLEAN = _yes_no(
    "left_clean", "Area left clean, rubbish taken along", "现场已清理，垃圾已带走"
)
_EXPLAINED = _yes_no(
    "explained", "Use and care explained to the customer", "已向客户讲解使用与保养"
)

_INSTALLATION = [
    _yes_no(
        "goods_complete", "All boxes and fittings are there and undamaged", "箱件与五金齐全且完好"
    ),
    _text(
        "goods_problem",
        "What is missing or damaged",
        "缺少或损坏的部分",
        **_if("goods_complete", False),
    ),
    _choice("trade", "What is installed", "安装品类", _TRADES),
    _yes_no(
        "anchored",
        "Tall furniture is anchored to the wall",
        "高柜已固定在墙面（防倾倒）",
        **_if("trade", "furniture"),
    ),
    _choice(
        "wall", "Wall that carries the cabinets", "承重墙体", _WALLS, **_if("trade", "kitchen")
    ),
    _yes_no(
        "doors_aligned",
        "Doors and drawers are aligned and run freely",
        "柜门抽屉已调平、开合顺畅",
        **_if("trade", "kitchen"),
    ),
    _yes_no(
        "sink_tight",
        "Sink and drain tight after five minutes of water",
        "水槽与下水试水五分钟无渗漏",
        **_if("trade", "kitchen"),
    ),
    _number(
        "voltage",
        "Mains voltage at the socket",
        "插座实测电压",
        0,
        450,
        "V",
        **_if("trade", "appliance"),
    ),
    _yes_no(
        "transport_locks",
        "Transport locks and films removed",
        "运输固定件与保护膜已拆除",
        **_if("trade", "appliance"),
    ),
    _yes_no(
        "connections_tight",
        "Water, drain and gas connections are tight",
        "进水、排水及燃气接口无泄漏",
        **_if("trade", "appliance"),
    ),
    _yes_no(
        "online",
        "Device is online and in the customer's app",
        "设备已联网并绑定客户账号",
        **_if("trade", "smart_home"),
    ),
    _number(
        "signal",
        "Signal strength at the device",
        "设备处信号强度",
        -120,
        0,
        "dBm",
        required=False,
        **_if("trade", "smart_home"),
    ),
    _number("off_level", "Off level over one metre", "每米水平偏差", 0, 50, "mm", required=False),
    _yes_no("tried_out", "Tried out together with the customer", "已与客户一同试用"),
    _LEFT_CLEAN,
    _EXPLAINED,
]

_REPAIR = [
    _yes_no("fault_seen", "The fault was seen on site", "现场已复现故障"),
    _choice("fault", "What is broken", "故障部位", _FAULTS),
    _text("fault_words", "The fault in words", "故障描述", **_if("fault", "other")),
    _yes_no(
        "made_safe",
        "Power, water and gas shut off where needed before the work",
        "施工前已按需切断水、电、燃气",
    ),
    _choice("fault_cause", "Where the fault comes from", "故障原因", _FAULT_CAUSES),
    _yes_no("part_replaced", "A part was replaced", "是否更换配件"),
    _photo("old_part", "The old part", "旧件", **_if("part_replaced", True)),
    _choice(
        "old_part_goes",
        "Where the old part goes",
        "旧件去向",
        {
            "returned": ("Taken back to the warehouse", "带回仓库"),
            "customer": ("Stays with the customer", "留给客户"),
            "scrapped": ("Scrapped", "报废"),
        },
        **_if("part_replaced", True),
    ),
    _number("test_minutes", "Test run", "试运行时间", 0, 240, "min", required=False),
    _yes_no("solved", "The fault is gone", "故障已排除"),
    _text("still_wrong", "What is still wrong", "仍存在的问题", **_if("solved", False)),
    _LEFT_CLEAN,
    _EXPLAINED,
]

_RETURN_EXCHANGE = [
    _yes_no("serial_matches", "Serial number is that of the order", "序列号与订单一致"),
    _text(
        "serial_found",
        "The serial number that is on it",
        "实际序列号",
        maximum=200,
        **_if("serial_matches", False),
    ),
    _choice(
        "condition",
        "Condition of the goods",
        "商品状况",
        {
            "unopened": ("Unopened", "未拆封"),
            "as_new": ("Opened, as new", "已拆封，完好"),
            "used": ("Used", "有使用痕迹"),
            "damaged": ("Damaged", "有损坏"),
        },
    ),
    _photo("damage", "The damage", "损坏处", **_if("condition", "damaged")),
    _choice(
        "damage_cause",
        "Where the damage comes from",
        "损坏原因",
        _FAULT_CAUSES,
        **_if("condition", "damaged"),
    ),
    _yes_no("accessories_complete", "Accessories and papers are complete", "配件与单据齐全"),
    _text(
        "accessories_missing", "What is missing", "缺少的物品", **_if("accessories_complete", False)
    ),
    _yes_no(
        "account_removed",
        "Removed from the customer's account (smart-home equipment)",
        "智能设备已解除客户账号绑定",
        required=False,
    ),
    _choice(
        "goods_go",
        "What happens to the goods",
        "商品处理",
        {
            "collected": ("Collected now", "现场取回"),
            "carrier": ("A carrier collects them", "快递取件"),
            "stay": ("They stay here for now", "暂留客户处"),
        },
    ),
    _yes_no("replacement_handed_over", "Replacement handed over", "换新商品已交付", required=False),
]

_CONSULTATION = [
    _choice(
        "topic",
        "What it is about",
        "咨询内容",
        {
            "measuring": ("Measuring", "量尺"),
            "planning": ("Planning a room", "空间方案"),
            "usage": ("Using the product", "使用指导"),
            "purchase": ("Buying something", "购买咨询"),
        },
    ),
    _number(
        "room_width",
        "Width of the room",
        "房间宽度",
        100,
        50_000,
        "mm",
        **_if("topic", "measuring"),
    ),
    _number(
        "room_depth",
        "Depth of the room",
        "房间进深",
        100,
        50_000,
        "mm",
        **_if("topic", "measuring"),
    ),
    _number(
        "ceiling", "Height of the ceiling", "层高", 1_000, 10_000, "mm", **_if("topic", "measuring")
    ),
    _choice("wall", "Wall in question", "墙体", _WALLS, **_if("topic", "measuring")),
    _photo(
        "connections",
        "Water, gas and power connections",
        "水、电、燃气点位",
        **_if("topic", "measuring"),
    ),
    _text("advice", "What was advised", "建议内容"),
    _yes_no("question_answered", "The customer's question is answered", "客户问题已解答"),
]

_MAINTENANCE = [
    _choice("trade", "What is serviced", "保养品类", _TRADES),
    _yes_no(
        "fasteners_tight",
        "Screws, hinges and anchors are tight",
        "螺丝、铰链及固定件已紧固",
        **_if("trade", "furniture"),
    ),
    _yes_no(
        "doors_adjusted",
        "Doors and drawers adjusted, runners greased",
        "柜门抽屉已调整，滑轨已润滑",
        **_if("trade", "kitchen"),
    ),
    _yes_no(
        "seals_sound",
        "Silicone joints and worktop edges are sound",
        "胶缝与台面边缘完好",
        **_if("trade", "kitchen"),
    ),
    _choice(
        "filter",
        "Filter",
        "滤网/滤芯",
        {
            "clean": ("Was clean", "本身干净"),
            "cleaned": ("Cleaned", "已清洗"),
            "replaced": ("Replaced", "已更换"),
            "none": ("Has none", "无滤网"),
        },
        **_if("trade", "appliance"),
    ),
    _yes_no(
        "cord_sound",
        "Cord, plug and hoses are sound",
        "电源线、插头及水管完好",
        **_if("trade", "appliance"),
    ),
    _choice(
        "firmware",
        "Firmware",
        "固件",
        {
            "current": ("Was current", "已是最新"),
            "updated": ("Updated", "已升级"),
            "offline": ("Device is not online", "设备未联网"),
        },
        **_if("trade", "smart_home"),
    ),
    _number(
        "battery", "Battery", "电池电量", 0, 100, "%", required=False, **_if("trade", "smart_home")
    ),
    _text("wear", "Wear that was seen", "发现的磨损", required=False),
    _number("next_months", "Next service in", "建议下次保养", 1, 36, "months", required=False),
    _yes_no("works", "Everything works after the service", "保养后运行正常"),
    _LEFT_CLEAN,
    _EXPLAINED,
]

_COMPLAINT = [
    _text("in_their_words", "The complaint in the customer's words", "客户原话"),
    _choice(
        "finding",
        "What was found",
        "核实结果",
        {
            "justified": ("The complaint is justified", "情况属实"),
            "partly": ("Partly justified", "部分属实"),
            "not_found": ("It could not be found", "未发现问题"),
            "expert": ("An expert has to look at it", "需专业人员鉴定"),
        },
    ),
    _choice(
        "finding_cause",
        "Where it comes from",
        "问题来源",
        _FAULT_CAUSES,
        **_if("finding", "justified"),
    ),
    _text("finding_words", "The finding in words", "核实说明"),
    _yes_no("danger", "Somebody could be hurt if it stays as it is", "存在安全隐患"),
    _text("made_safe", "What was done to make it safe", "已采取的安全措施", **_if("danger", True)),
    _choice(
        "wish",
        "What the customer wishes",
        "客户诉求",
        {
            "repair": ("Repair", "维修"),
            "exchange": ("Exchange", "换货"),
            "refund": ("Refund", "退款"),
            "compensation": ("Compensation", "补偿"),
            "explanation": ("Explanation or apology", "解释或道歉"),
            "other": ("Something else", "其他"),
        },
    ),
    _text("wish_words", "The wish in words", "诉求说明", **_if("wish", "other")),
    _yes_no("next_step_agreed", "The customer agrees with the next step", "客户认可下一步安排"),
]


def _checklist(name: str, steps: list[Json]) -> Json:
    return {"name": name, "version": 1, "steps": steps}


DEFAULT_CHECKLISTS: dict[str, Json] = {
    "installation": _checklist("Installation", _INSTALLATION),
    "repair": _checklist("Repair", _REPAIR),
    "return_exchange": _checklist("Return or exchange", _RETURN_EXCHANGE),
    "consultation": _checklist("Consultation", _CONSULTATION),
    "maintenance": _checklist("Maintenance", _MAINTENANCE),
    "complaint": _checklist("Complaint", _COMPLAINT),
}
