"""What customers asked for in the last three weeks, and how each case went: one line of life each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One ticket. `plot` names the function in `plots` that plays it.

    The first trip is `days_ago` at `hour` (Shanghai); a revisit is `again_days_ago` at the same hour. Cases
    of today, whose plots say so, read `hour` as minutes ago. `used` are parts of the first trip that
    completes: (sku, quantity, who pays).
    """

    plot: str
    household: str
    thing: int
    kind: str
    installer: str
    days_ago: int
    hour: int
    summary: str
    category: str | None = "installation"
    ticket_class: str = "ordinary"
    channel: str = "phone"
    fault: str | None = None
    used: tuple[tuple[str, int, str], ...] = ()
    lacks: tuple[str, int] | None = None
    cause: str | None = None
    words: str | None = None
    again_days_ago: int = 0
    stars: int | None = 5
    reservation: str | None = None
    to: str | None = None


CASES: tuple[Case, ...] = (
    Case("fixed_at_once", "wang_xm", 0, "installation", "alice", 18, 9, "整体橱柜安装，共 9 组柜体",
        used=(("HINGE-110", 2, "warranty"), ("SEALANT-W", 1, "warranty"))),
    Case("fixed_at_once", "wang_xm", 1, "installation", "hao", 18, 13, "五眼燃气灶安装与气密检测",
        used=(("HOSE-GAS-15", 1, "customer"),)),
    Case("fixed_at_once", "xie_fang", 0, "repair", "lena", 17, 9, "推拉门关不严，下轨有异响",
        category="product_quality", fault="noise", used=(("ROLLER-SLIDE", 2, "warranty"),)),
    Case("fixed_at_once", "wu_gang", 0, "maintenance", "hao", 16, 9, "燃气热水器年度保养",
        category=None, ticket_class="special", channel="follow_up", stars=5,
        words="师傅很耐心，教我怎么关阀门。"),
    Case("fixed_at_once", "liu_yang", 1, "installation", "zhou", 15, 13, "7 寸中控屏安装并联网",
        channel="marketplace"),
    Case("fixed_at_once", "miller", 0, "repair", "alice", 15, 9,
        "Drawer under the hob does not close by itself", category="product_quality",
        fault="hinge_or_runner", used=(("RUNNER-500", 1, "warranty"),),
        words="Quick and tidy, thank you."),
    Case("fixed_at_once", "ye_qing", 0, "installation", "yun", 14, 13, "燃气热水器移机安装",
        used=(("HOSE-GAS-15", 1, "customer"), ("VALVE-GAS-15", 1, "customer"))),
    Case("fixed_at_once", "he_jia", 0, "repair", "tao", 13, 13, "洗碗机排水慢，机底有水",
        category="product_quality", fault="leak", used=(("HOSE-OUT-20", 1, "warranty"),)),
    Case("fixed_at_once", "okafor", 0, "installation", "carol", 12, 9,
        "Assemble the height-adjustable desk", used=(("ANCHOR-M8", 1, "warranty"),), stars=4),
    Case("fixed_at_once", "lim", 1, "installation", "ravi", 11, 10,
        "Smart lock on a fire-rated door", used=(("BATTERY-AA4", 1, "warranty"),)),
    Case("fixed_at_once", "yi_fan", 0, "repair", "zhou", 4, 9, "窗帘电机时常离线",
        category="usage_question", fault="network", used=(("GATEWAY-Z3", 1, "warranty"),)),
    # Something was missing: a revisit brought it to its end.
    Case("fixed_by_revisit", "zhang_wei", 0, "repair", "alice", 16, 13, "洗衣机不排水，面板报 E21",
        category="product_quality", fault="electronics", lacks=("BOARD-WM8", 1),
        cause="part_missing", words="排水泵正常，主板无输出，需更换主板。", again_days_ago=12,
        used=(("BOARD-WM8", 1, "warranty"),)),
    Case("fixed_by_revisit", "tang_bo", 0, "repair", "hao", 15, 9, "抽油烟机启动后有焦味",
        category="product_quality", ticket_class="urgent", fault="electrical",
        lacks=("FAN-HOOD-90", 1), cause="part_missing", words="电机绕组烧毁，已断电。",
        again_days_ago=11, used=(("FAN-HOOD-90", 1, "customer"),)),
    Case("fixed_by_revisit", "fang_wen", 0, "installation", "tao", 12, 9, "推拉门衣柜安装",
        category="missing_wrong_parts", lacks=("RAIL-FLOOR-24", 1), cause="wrong_part",
        words="下轨发成 1.8 米，柜体为 2.4 米。", again_days_ago=8,
        used=(("RAIL-FLOOR-24", 1, "warranty"),)),
    Case("fixed_after_rework", "cao_ming", 0, "installation", "carol", 13, 13, "转角沙发组装",
        stars=3, words="沙发脚不平，有点晃。", to="lena", again_days_ago=9),
    # Consultations, answered without a trip.
    Case("answered", "li_na", 1, "consultation", "", 14, 10, "窗帘电机能否接入原有智能家居系统",
        category="usage_question", channel="chat",
        words="可以。升级网关固件后按说明书第 7 页配对即可，已把图文步骤发给您。"),
    Case("answered", "rossi", 0, "consultation", "", 7, 11,
        "Can the curtain motor be controlled without the app?", category="usage_question",
        channel="web",
        words="Yes: a short pull on the curtain starts it. A wall remote is sold separately."),
    # Proof asked for again, and given.
    Case("retaken", "deng_chao", 0, "repair", "alice", 11, 9, "洗衣机门封漏水",
        category="product_quality", fault="leak"),
    Case("retaken", "qian_yu", 1, "installation", "yun", 9, 9, "中控屏安装", channel="shop"),
    # Closed and opened again by the customer.
    Case("reopened", "lu_ting", 0, "repair", "alice", 8, 9, "洗碗机洗不干净，上层碗有残渣",
        category="product_quality", fault="other", words="当时好了，用了两天上层又洗不干净。",
        stars=4),
    Case("reopened", "jin_hao", 0, "repair", "tao", 7, 13, "洗衣机脱水时剧烈晃动",
        category="product_quality", fault="noise", words="还是晃，比之前轻一点。", stars=3),
    Case("reopened_by_link", "nguyen", 0, "installation", "zhou", 6, 13,
        "Smart lock: new installation", words="It unlocks by itself when the door is pulled.",
        stars=None),
    Case("reopened_and_fixed", "zheng_hui", 0, "installation", "lena", 14, 9,
        "储物床安装，一侧气压杆回弹弱", words="床板抬起后会慢慢落下。", again_days_ago=10,
        used=(("GASLIFT-700", 2, "warranty"),)),
    # Called off.
    Case("cancelled_early", "he_jia", 0, "consultation", "", 12, 14, "咨询嵌入式洗碗机尺寸",
        category="usage_question", channel="chat", words="客户已在门店问清楚。"),
    Case("cancelled_early", "pan_xue", 0, "complaint", "", 5, 16, "送货晚了两小时",
        category="delivery_logistics", ticket_class="sensitive", words="客户接受致歉，不再追究。"),
    Case("cancelled_late", "jiang_nan", 0, "installation", "tao", 5, 9, "转角沙发安装",
        ticket_class="special", words="客户改为自行安装。"),
    # Closed by hand, with a reason.
    Case("closed_by_hand", "zhu_hong", 0, "repair", "yun", 5, 13, "中控屏偶尔黑屏",
        category="product_quality", fault="electronics", words="客户电话确认恢复正常，不需要上门。"),
    # A reservation, and what became of it.
    Case("reservation_dismissed", "xu_zhi", 1, "installation", "tao", 6, 9, "石英石台面安装",
        reservation="台面左侧接缝略明显", words="已发同批次样品照片，属正常接缝，客户认可。"),
    Case("reservation_open", "feng_jie", 0, "installation", "alice", 3, 9, "整体橱柜安装（精装房）",
        ticket_class="special", reservation="冰箱旁高柜门板有一道 3 厘米划痕，需更换", stars=4,
        used=(("HINGE-165", 2, "warranty"),)),
    # Incomplete: a revisit is due, its part in one state or another.
    Case("incomplete", "chen_jing", 0, "repair", "hao", 4, 9, "燃气灶左眼打不着火",
        category="product_quality", ticket_class="urgent", fault="electronics",
        lacks=("IGNITER-G5", 3), cause="part_missing", words="三个火眼点火器均老化，车上只有两只。"),
    Case("incomplete_reserved", "deng_chao", 0, "repair", "alice", 4, 13,
        "洗衣机门封圈老化，漏水复发", category="product_quality", fault="leak",
        lacks=("SEAL-DOOR-WM", 1), cause="part_missing", words="门封圈开裂，库房有货。"),
    Case("incomplete_shipped", "cai_yun", 0, "installation", "yun", 3, 13, "升降书桌安装",
        category="missing_wrong_parts", lacks=("DESK-MOTOR", 1), cause="goods_damaged",
        words="电机外壳运输破损，桌腿无法升降。"),
    Case("incomplete_planned", "park", 0, "repair", "tao", 3, 9, "Washing machine does not drain",
        fault="leak", category="product_quality", lacks=("PUMP-DRAIN", 1), cause="part_missing",
        words="Pump blocked and burnt; second pump needed.", again_days_ago=-2),
    Case("nobody_home", "ye_qing", 0, "maintenance", "yun", 2, 9, "热水器保养", category=None,
        cause="customer_absent", words="按门铃两次、电话三次，无人应答。"),
    Case("rework", "zhao_lei", 0, "installation", "zhou", 2, 13, "智能门锁安装", stars=3,
        words="锁体与门缝间隙不均，需重新开孔校正。"),
    Case("unhappy", "xiao_yu", 1, "installation", "carol", 2, 9, "窗帘电机安装", stars=2,
        words="师傅迟到一个小时，轨道装得不直。"),
    # Finished, before the office.
    Case("waiting_for_verdict", "rossi", 1, "installation", "yun", 1, 9,
        "Smart lock, apartment door", stars=5),
    Case("waiting_for_verdict", "gu_shan", 0, "repair", "hao", 1, 13, "抽油烟机有异响",
        category="product_quality", fault="noise"),
    Case("waiting_in_the_dark", "li_na", 0, "installation", "lena", 1, 9, "推拉门衣柜安装",
        ticket_class="special"),
    Case("photos_on_the_way", "bauer", 1, "installation", "carol", 1, 13, "Sliding wardrobe, 2.4 m",
        stars=4),
    Case("retake_unanswered", "xiao_yu", 0, "installation", "zhou", 5, 16, "中控屏安装", stars=4),
    # What does not add up.
    Case("same_photo_again", "zhou_min", 0, "repair", "zhou", 3, 13, "升降桌升到一半停住",
        category="product_quality", fault="electronics"),
    Case("work_after_cancel", "qian_yu", 0, "repair", "yun", 4, 9, "门锁指纹识别慢",
        category="product_quality", fault="electronics"),
    Case("work_after_cancel_counts", "jiang_nan", 1, "installation", "tao", 8, 13, "储物床安装",
        ticket_class="special"),
    Case("work_after_reassign", "ren_kai", 0, "repair", "alice", 2, 16, "抽屉滑轨卡顿",
        fault="hinge_or_runner", category="product_quality", to="lena"),
    Case("more_than_the_van_had", "xie_fang", 0, "repair", "lena", 5, 9,
        "推拉门滚轮磨损，四扇全部更换", fault="hinge_or_runner", category="product_quality",
        used=(("ROLLER-SLIDE", 8, "customer"),)),
    Case("clock_was_wrong", "fraser", 0, "repair", "ravi", 7, 10,
        "Wardrobe door scrapes along the rail", fault="hinge_or_runner", category="product_quality",
        used=()),
    # On its way.
    Case("on_site_now", "lu_ting", 1, "installation", "hao", 0, 40, "燃气灶安装，需气密检测"),
    Case("on_site_now", "cai_yun", 0, "repair", "tao", 0, 55, "升降书桌左侧异响", fault="noise",
        category="product_quality"),
    Case("on_the_way_now", "yi_fan", 0, "maintenance", "zhou", 0, 15, "窗帘轨道润滑与校准",
        category=None),
    Case("planned", "pan_xue", 0, "installation", "hao", -1, 9, "燃气热水器安装",
        ticket_class="special"),
    Case("planned", "feng_jie", 1, "installation", "lena", -1, 13, "石英石台面现场测量与安装",
        channel="shop"),
    Case("planned", "lim", 0, "installation", "ravi", -2, 10,
        "Panel beside the entrance, flush-mounted"),
    Case("planned_and_taken", "okafor", 0, "repair", "carol", -1, 9, "Desk stops at 80 cm",
        fault="electronics", category="product_quality"),
    Case("planned_and_taken", "sun_yuan", 0, "repair", "alice", -3, 9, "洗碗机门弹簧断",
        fault="other", category="product_quality"),
    Case("declined", "dong_li", 0, "repair", "yun", -1, 16, "抽油烟机灯不亮", fault="electrical",
        category="product_quality", words="当天体检，请改派。"),
    # Just called.
    Case("triaged", "tang_bo", 0, "repair", "", 0, 300, "抽油烟机漏油", category="product_quality",
        fault="leak"),
    Case("triaged", "cao_ming", 0, "return_exchange", "", 0, 260, "沙发颜色与订单不符，申请换货",
        category="delivery_logistics", channel="marketplace", ticket_class="sensitive"),
    Case("triaged", "shen_lu", 0, "complaint", "", 0, 190, "安装师傅弄脏墙面，要求处理",
        category="service_attitude", ticket_class="sensitive"),
    Case("triaged", "miller", 1, "maintenance", "", 0, 95, "Washing machine: yearly service",
        category="usage_question", channel="web"),
    Case("just_called", "zheng_hui", 0, "repair", "", 0, 48, "床头板松动", category=None),
    Case("just_called", "nguyen", 0, "repair", "", 0, 33, "The lock beeps every few minutes",
        category=None, channel="chat"),
    Case("just_called", "fang_wen", 0, "consultation", "", 0, 21, "衣柜内能否加装灯带",
        category=None, channel="web"),
    Case("just_called", "wang_xm", 1, "repair", "", 0, 9, "灶台有轻微燃气味", category=None,
        ticket_class="urgent"),
)  # fmt: skip
