"""The customers of the shop: people, addresses as they are written there, and what they bought.

All of it is made up; the streets exist, the people do not.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bought:
    """One thing: model, serial number, days since it was sold."""

    model: str
    serial: str | None
    days_ago: int = 20


@dataclass(frozen=True)
class Address:
    """Where it stands. `address` is the street and below; the rest goes from small to large."""

    address: str
    district: str
    city: str
    province: str
    postcode: str
    lat: float
    lon: float
    country: str = "CN"
    time_zone: str = "Asia/Shanghai"
    access_notes: str = ""


@dataclass(frozen=True)
class Household:
    key: str
    branch: str
    name: str
    phone: str
    site: Address
    things: tuple[Bought, ...]
    email: str = ""
    language: str = "zh"
    is_vip: bool = False
    notes: str = ""


def _cd(
    address: str, district: str, postcode: str, lat: float, lon: float, access: str = ""
) -> Address:
    return Address(
        address, district, "成都市", "四川省", postcode, lat, lon, access_notes=access
    )  # fmt: skip


def _hz(
    address: str, district: str, postcode: str, lat: float, lon: float, access: str = ""
) -> Address:
    return Address(
        address, district, "杭州市", "浙江省", postcode, lat, lon, access_notes=access
    )  # fmt: skip


def _sg(address: str, postcode: str, lat: float, lon: float, access: str = "") -> Address:
    return Address(
        address, "", "Singapore", "", postcode, lat, lon, "SG", "Asia/Singapore", access
    )  # fmt: skip


HOUSEHOLDS: tuple[Household, ...] = (
    # Chengdu
    Household("wang_xm", "chengdu", "王小明", "+86 138 8001 2345",
        _cd("桐梓林北路 8 号 中海格林威治城 3 栋 2 单元 1204", "武侯区", "610041", 30.6142, 104.0625,
            "门禁按 1204，物业 10 点后可施工"),
        (Bought("KIT-LINEA", "KL-2609-0417", 41), Bought("HOB-G5", "HG5-88213004", 41))),
    # The same once more: the shop took the number down without looking.
    Household("wang_xm_shop", "chengdu", "王晓明", "138-8001-2345",
        _cd("桐梓林北路 8 号 中海格林威治城 3 栋 2 单元 1204", "武侯区", "610041", 30.6142, 104.0625),
        (Bought("LOCK-S2", "LS2-A90533", 6),), email="wangxm@example.com", notes="门店登记，希望周末上门。"),
    Household("li_na", "chengdu", "李娜", "+86 139 0812 7764",
        _cd("锦城大道 999 号 誉峰 5 栋 1801", "高新区", "610094", 30.5723, 104.0684),
        (Bought("WARD-240", "WN-240-11862", 9), Bought("CURT-M1", "CM1-550127", 9)), is_vip=True),
    Household("zhang_wei", "chengdu", "张伟", "+86 136 6018 2290",
        _cd("一环路东五段 108 号 东恒国际 2 栋 3306", "锦江区", "610061", 30.6361, 104.0912),
        (Bought("WM-8PRO", "WM8P-2140-77120", 390),)),
    Household("liu_yang", "chengdu", "刘洋", "+86 137 0801 4521",
        _cd("建设路 55 号 华润二十四城 9 栋 1602", "成华区", "610051", 30.6674, 104.1043, "地下车库限高 2.0 米"),
        (Bought("SOFA-320", None, 12), Bought("PANEL-7", "P7-004518", 12))),
    Household("chen_jing", "chengdu", "陈静", "+86 135 4018 6673",
        _cd("光华大道二段 1188 号 光华逸家 12 栋 701", "温江区", "611130", 30.6823, 103.8561),
        (Bought("HOB-G5", "HG5-88213977", 28), Bought("HOOD-90", "HD90-32118", 28))),
    Household("zhao_lei", "chengdu", "赵磊", "+86 138 8233 9015",
        _cd("人民南路四段 27 号 商鼎国际 1 栋 2003", "武侯区", "610042", 30.6268, 104.0667),
        (Bought("LOCK-S2", "LS2-A90017", 5),)),
    Household("sun_yuan", "chengdu", "孙媛", "+86 139 8177 3308",
        _cd("蜀汉路 335 号 欧城花园 6 栋 402", "金牛区", "610036", 30.6905, 104.0231),
        (Bought("DISH-14", "DW14-60255", 75),)),
    Household("zhou_min", "chengdu", "周敏", "+86 136 0822 5547",
        _cd("天府一街 535 号 复城国际 T4 2511", "高新区", "610041", 30.5488, 104.0617),
        (Bought("DESK-140", "DL140-20983", 33), Bought("LOCK-S2", "LS2-A91140", 33))),
    Household("wu_gang", "chengdu", "吴刚", "+86 137 9600 1182",
        _cd("解放路二段 193 号 2 单元 502", "金牛区", "610081", 30.6921, 104.0808, "老楼无电梯，五楼"),
        (Bought("HEAT-G16", "HTG16-44071", 210),), notes="七旬老人独居，请提前一小时电话确认。"),
    Household("zheng_hui", "chengdu", "郑慧", "+86 138 0805 6634",
        _cd("科华北路 65 号 四川大学花园 4 栋 1103", "武侯区", "610064", 30.6341, 104.0799),
        (Bought("BED-180", None, 16),)),
    Household("feng_jie", "chengdu", "冯洁", "+86 135 0817 2246",
        _cd("麓湖生态城 麒麟荟 7 栋 301", "天府新区", "610213", 30.4936, 104.0842, "进小区需提前报车牌"),
        (Bought("KIT-LINEA", "KL-2610-0031", 11), Bought("TOP-QUARTZ", None, 11)), is_vip=True),
    Household("tang_bo", "chengdu", "唐波", "+86 139 8099 1470",
        _cd("二环路北四段 6 号 荆竹西路 9 栋 805", "成华区", "610052", 30.6890, 104.1021),
        (Bought("HOOD-90", "HD90-31877", 400),)),
    Household("xie_fang", "chengdu", "谢芳", "+86 136 7822 4409",
        _cd("双楠路 188 号 置信丽都 8 栋 604", "武侯区", "610045", 30.6401, 104.0259),
        (Bought("WARD-240", "WN-240-11790", 45),)),
    Household("deng_chao", "chengdu", "邓超群", "+86 138 8190 0278",
        _cd("金沙北二路 100 号 金沙西园 5 栋 1201", "青羊区", "610091", 30.6857, 104.0094),
        (Bought("WM-8PRO", "WM8P-2140-80566", 120),)),
    Household("xiao_yu", "chengdu", "肖雨", "+86 137 3078 5561",
        _cd("东大街 97 号 晶融汇 2902", "锦江区", "610016", 30.6546, 104.0835),
        (Bought("PANEL-7", "P7-004602", 8), Bought("CURT-M1", "CM1-550388", 8))),
    Household("cao_ming", "chengdu", "曹明", "+86 139 0800 7245",
        _cd("犀浦镇 校园路西段 126 号 11 栋 903", "郫都区", "611731", 30.7588, 103.9732),
        (Bought("SOFA-320", None, 60),)),
    Household("pan_xue", "chengdu", "潘雪", "+86 135 5100 8873",
        _cd("龙泉驿区 北京路 9 号 东山国际 3 栋 1508", "龙泉驿区", "610100", 30.5602, 104.2631),
        (Bought("HEAT-G16", "HTG16-45112", 3),)),
    Household("ren_kai", "chengdu", "任凯", "+86 136 8000 9921",
        _cd("华府大道一段 1 号 蓝润城 6 栋 2107", "双流区", "610213", 30.5204, 104.0486),
        (Bought("KIT-LINEA", "KL-2608-0266", 66),)),
    Household("lu_ting", "chengdu", "卢婷", "+86 138 0818 3352",
        _cd("芳草西二街 10 号 芳草苑 2 栋 305", "高新区", "610041", 30.6167, 104.0498),
        (Bought("DISH-14", "DW14-60901", 14), Bought("HOB-G5", "HG5-88214401", 14))),
    Household("miller", "chengdu", "Sarah Miller", "+86 131 9488 2077",
        _cd("桐梓林东路 6 号 凯莱帝景 A 座 1702", "武侯区", "610041", 30.6129, 104.0691,
            "Concierge speaks English until 18:00"),
        (Bought("KIT-LINEA", "KL-2609-0533", 30), Bought("WM-8PRO", "WM8P-2140-91002", 30)),
        email="sarah.miller@example.com", language="en"),
    Household("okafor", "chengdu", "Daniel Okafor", "+86 130 8168 5534",
        _cd("天府大道中段 1388 号 美年广场 C 座 1905", "高新区", "610041", 30.5401, 104.0702),
        (Bought("DESK-140", "DL140-21177", 18),), email="d.okafor@example.com", language="en"),
    Household("bauer", "chengdu", "Jonas Bauer", "+86 132 1903 6612",
        _cd("玉林南街 17 号 4 栋 602", "武侯区", "610041", 30.6203, 104.0571, "Bicycle in the stairwell; ring twice"),
        (Bought("BED-180", None, 6), Bought("WARD-240", "WN-240-11944", 6)), language="en"),
    Household("nguyen", "chengdu", "Linh Nguyen", "+86 133 4098 1127",
        _cd("水碾河路 17 号 熊猫城公寓 1408", "成华区", "610051", 30.6588, 104.1004),
        (Bought("LOCK-S2", "LS2-A91502", 2),), language="en"),
    Household("gu_shan", "chengdu", "古珊", "+86 139 8055 6190",
        _cd("一品天下大街 399 号 5 栋 1006", "金牛区", "610036", 30.6982, 104.0312),
        (Bought("HOOD-90", "HD90-32440", 22), Bought("HOB-G5", "HG5-88214100", 22))),
    Household("yi_fan", "chengdu", "易凡", "+86 137 0823 4416",
        _cd("府青路二段 8 号 财富又一城 11 栋 2204", "成华区", "610051", 30.6815, 104.0947),
        (Bought("CURT-M1", "CM1-550410", 40),)),
    # Hangzhou
    Household("shen_lu", "hangzhou", "沈璐", "+86 138 5717 2200",
        _hz("文一西路 588 号 西溪首座 2 幢 1503", "西湖区", "310012", 30.2892, 120.0731),
        (Bought("KIT-LINEA", "KL-2609-0602", 25),)),
    Household("jin_hao", "hangzhou", "金浩", "+86 139 6810 4473",
        _hz("飞云江路 9 号 赞成中心东楼 908", "上城区", "310008", 30.2316, 120.1907),
        (Bought("WM-8PRO", "WM8P-2140-90117", 95),)),
    Household("qian_yu", "hangzhou", "钱瑜", "+86 137 7788 3014",
        _hz("江南大道 228 号 星光国际 4 幢 2602", "滨江区", "310051", 30.2078, 120.2064),
        (Bought("LOCK-S2", "LS2-B00218", 10), Bought("PANEL-7", "P7-004711", 10))),
    Household("ye_qing", "hangzhou", "叶青", "+86 136 5880 2915",
        _hz("莫干山路 972 号 北软科技园公寓 3 幢 701", "拱墅区", "310011", 30.3205, 120.1203),
        (Bought("HEAT-G16", "HTG16-45380", 19),)),
    Household("jiang_nan", "hangzhou", "江楠", "+86 135 8871 5660",
        _hz("龙井路 1 号 九溪玫瑰园 26 幢", "西湖区", "310013", 30.2289, 120.1187, "别墅区，访客须登记身份证"),
        (Bought("SOFA-320", None, 7), Bought("BED-180", None, 7)), is_vip=True),
    Household("he_jia", "hangzhou", "何佳", "+86 158 5719 8802",
        _hz("金鸡路 288 号 江南国际城 8 幢 1904", "萧山区", "311202", 30.1803, 120.2641),
        (Bought("DISH-14", "DW14-61277", 52),)),
    Household("fang_wen", "hangzhou", "方文", "+86 150 8866 7401",
        _hz("余杭塘路 1001 号 西溪永乐城 15 幢 602", "余杭区", "311121", 30.2951, 120.0217),
        (Bought("WARD-240", "WN-240-12020", 13),)),
    Household("dong_li", "hangzhou", "董莉", "+86 138 6807 1153",
        _hz("环城北路 318 号 3 单元 401", "下城区", "310003", 30.2733, 120.1698),
        (Bought("HOOD-90", "HD90-32606", 150),)),
    Household("xu_zhi", "hangzhou", "徐智", "+86 139 5803 2277",
        _hz("望江东路 39 号 滨江武林壹号 2 幢 3101", "上城区", "310016", 30.2461, 120.2013),
        (Bought("HOB-G5", "HG5-88215066", 17), Bought("TOP-QUARTZ", None, 17))),
    Household("cai_yun", "hangzhou", "蔡云", "+86 136 1651 9934",
        _hz("紫金港路 21 号 丹枫新村 7 幢 204", "西湖区", "310030", 30.3061, 120.0903),
        (Bought("DESK-140", "DL140-21300", 4),)),
    Household("rossi", "hangzhou", "Giulia Rossi", "+86 131 5716 4408",
        _hz("曙光路 122 号 浙江世贸公寓 B 座 1201", "西湖区", "310007", 30.2689, 120.1362),
        (Bought("CURT-M1", "CM1-550602", 20), Bought("LOCK-S2", "LS2-B00377", 20)), language="en"),
    Household("park", "hangzhou", "Jiwoo Park", "+86 132 8217 6051",
        _hz("滨盛路 1870 号 新世界公寓 1 幢 1605", "滨江区", "310052", 30.2057, 120.2191),
        (Bought("WM-8PRO", "WM8P-2140-92240", 29),), language="en"),
    Household("zhu_hong", "hangzhou", "朱红", "+86 137 5812 0096",
        _hz("学院路 77 号 黄龙国际 A 座 1508", "西湖区", "310012", 30.2789, 120.1296),
        (Bought("PANEL-7", "P7-004803", 15),)),
    # Moved away, and kept their kitchens with us: another country, another clock.
    Household("lim", "hangzhou", "Lim Wei Ling", "+65 9123 8804",
        _sg("12 Marina Boulevard, #31-05", "018982", 1.2797, 103.8541, "Register at the lobby, ID needed"),
        (Bought("PANEL-7", "P7-004877", 18), Bought("LOCK-S2", "LS2-B00420", 18)),
        email="weiling.lim@example.com", language="en"),
    Household("fraser", "hangzhou", "Euan Fraser", "+65 8765 2209",
        _sg("48 Tanjong Katong Road, #07-02", "436953", 1.3067, 103.8952),
        (Bought("WARD-240", "WN-240-12077", 24),), email="e.fraser@example.com", language="en"),
)  # fmt: skip

BY_KEY = {each.key: each for each in HOUSEHOLDS}


@dataclass(frozen=True)
class Said:
    """What one of them said about being written to."""

    key: str
    purpose: str
    channel: str
    is_given: bool
    how: str
    words: str = ""


CONSENTS: tuple[Said, ...] = (
    Said("wang_xm", "service_notices", "sms", True, "phone"),
    Said("wang_xm", "marketing", "sms", True, "in_writing"),
    Said("wang_xm", "marketing", "sms", False, "phone", "别再发促销短信了。"),
    Said("li_na", "training_photos", "any", True, "in_person", "可以，只要看不到孩子的房间。"),
    Said("feng_jie", "service_notices", "chat", True, "link"),
)
