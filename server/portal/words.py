"""What a customer reads, in both languages: few sentences, so they stand here and not in a catalogue."""

from collections.abc import Callable

from server.domain.errors import Language

WORDS: dict[str, tuple[str, str]] = {
    "title": ("One more photo, please", "请补拍一张照片"),
    "about": (
        "{shop} looks at the work that was done at your home, and asks you for a photo: {slot}.",
        "{shop} 正在核对您家的施工情况，请您补拍一张照片：{slot}。",
    ),
    "why": ("Why: {reason}", "原因：{reason}"),
    "until": ("Until {when}.", "请在 {when} 之前完成。"),
    "choose": ("Photo", "照片"),
    "hint": (
        "Your phone opens its camera. Nothing but this photo is sent; its place is taken out.",
        "手机会打开相机。只会发送这张照片，对外展示时不含位置信息。",
    ),
    "send": ("Send the photo", "发送照片"),
    "thanks": ("Thank you. The photo is here.", "谢谢，照片已收到。"),
    "close": ("You can close this page.", "您可以关闭此页面。"),
    "no_picture": (
        "This is no picture that we can read. Please take another one.",
        "无法识别该图片，请重新拍摄。",
    ),
    "too_large": (
        "This picture is too large to be sent. Please choose a smaller one, or switch JavaScript on.",
        "图片过大，无法发送。请选择较小的图片，或启用 JavaScript。",
    ),
    "photos_title": ("Photos of what is wrong", "请发送问题照片"),
    "photos_about": (
        "{shop} has opened {ticket} for you. Photos show our installer what to bring: the whole thing, "
        "the fault from close by, and the label with the serial number.",
        "{shop} 已为您建立工单 {ticket}。照片能帮助师傅提前备好配件：请拍整体、故障近照和序列号标签。",
    ),
    "photo_note": ("What does it show? (optional)", "照片说明（选填）"),
    "photos_sent": ("Sent: {count}", "已发送：{count} 张"),
    "photo_arriving": ("arrived", "已收到"),
    "photo_next": ("Send this photo", "发送这张照片"),
    "photos_enough": ("That is enough, thank you.", "照片已足够，谢谢。"),
    "photos_hint": (
        "Only the photos that you choose are sent; their place is not shown to anybody.",
        "只会发送您选择的照片，对外展示时不含位置信息。",
    ),
    "nothing": ("Please choose a photo first.", "请先选择照片。"),
    # The links themselves.
    "link_unknown": (
        "This link does not work. It may have been cut on its way: open it once more from the message.",
        "该链接无法打开，可能复制不完整，请从短信或邮件中重新点开。",
    ),
    "link_expired": (
        "This link was valid for some weeks, and they are over. Nothing of yours is lost.",
        "该链接已过有效期，您的资料没有丢失。",
    ),
    "link_revoked": (
        "The shop has taken this link back. Nothing of yours is lost.",
        "门店已停用该链接，您的资料没有丢失。",
    ),
    "link_gone": ("This link does not work any more.", "该链接已失效。"),
    "call_shop": (
        "Call {shop}, {phone}: you are sent a new one at once.",
        "请致电 {shop}：{phone}，即可获取新链接。",
    ),
    "call_us": (
        "Or call the shop: the number stands on your order.",
        "您也可以拨打订单上的门店电话。",
    ),
    "form_old": (
        "This page was open for too long. Nothing was changed; open your link again and repeat it.",
        "页面已过期，未作任何更改，请重新打开链接后再试。",
    ),
    "too_many": (
        "That was a lot in a short time. Please wait a few minutes; nothing is lost.",
        "操作过于频繁，请几分钟后再试，您的资料没有丢失。",
    ),
    "preview_only": (
        "This is the office's own look at the page: nothing can be sent from here.",
        "这是门店的预览页面，不能提交内容。",
    ),
    "preview": (
        "So the customer sees it. Nothing can be sent from here.",
        "客户看到的页面（预览，不能提交内容）。",
    ),
    # Where things stand: one line.
    "stands_waiting": ("We are looking for an appointment for you.", "我们正在为您安排上门时间。"),
    "stands_appointment": ("Your appointment: {when}", "上门时间：{when}"),
    "stands_timeless": (
        "Somebody comes; the time is not fixed yet. We call you.",
        "已安排师傅，具体时间待定，我们会与您联系。",
    ),
    "stands_travelling": ("{name} is on the way to you.", "{name} 师傅正在赶来。"),
    "stands_on_site": ("{name} is with you.", "{name} 师傅已到达。"),
    "stands_late": (
        "This was for {when}. We have no word yet that somebody was there: sorry. Call us, and we find out.",
        "原定时间：{when}。我们还没有收到师傅到达的消息，非常抱歉，请致电我们查询。",
    ),
    "stands_done": ("The work is done. We check the photos.", "施工已完成，我们正在核对照片。"),
    "stands_again": (
        "Somebody has to come again. We are planning it.",
        "需要再次上门，我们正在安排。",
    ),
    "stands_closed": ("All done. Thank you.", "服务已完成，谢谢您。"),
    "stands_cancelled": ("This order was called off.", "该工单已取消。"),
    "leg_appointment": ("Booked", "已预约"),
    "leg_travelling": ("On the way", "在路上"),
    "leg_on_site": ("With you", "已到达"),
    "leg_done": ("Done", "已完成"),
    "set_out": ("Set out at {when}.", "{when} 出发。"),
    "expected": ("Expected about {when}.", "预计 {when} 左右到达。"),
    "expected_within": ("Expected within the time agreed.", "预计在约定时间内到达。"),
    "silent": (
        "The last we heard of the tablet was {when}: where there is no signal, this page cannot know more.",
        "最近一次收到师傅平板的消息：{when}。信号不好时，本页无法更新。",
    ),
    "silent_long": (
        "We have not heard of the tablet since: where there is no signal, this page cannot know more.",
        "之后还没有收到师傅平板的消息；信号不好时，本页无法更新。",
    ),
    "as_of": ("As of {when}", "更新于 {when}"),
    # Parts of the page.
    "about_ticket": ("Order {ticket}", "工单 {ticket}"),
    "hello": ("Hello {name}", "您好，{name}"),
    "calendar": ("Into my calendar", "加入日历"),
    "comes": ("Who comes", "上门师傅"),
    "comes_along": ("with {names}", "同行：{names}"),
    "badge": (
        "Ask for the badge with this name; the phone number ends as shown.",
        "请核对工牌姓名，手机尾号如上。",
    ),
    "badge_name": ("Ask for the badge with this name.", "请核对工牌姓名。"),
    "where": ("Where", "地址"),
    "brings": ("What comes along", "师傅随带"),
    "prepare": ("How to prepare, and care", "准备事项与保养"),
    "care": ("Care", "保养建议"),
    "prepare_hint": (
        "Keep the place free, about one metre around; somebody of age should be at home.",
        "请预留约一米的操作空间，家中需有成年人。",
    ),
    "photos_done": ("Photos of the work", "施工照片"),
    "receipt": ("Your receipt", "服务回执"),
    "receipt_code": ("Code {code}, version {version}", "校验码 {code}，第 {version} 版"),
    "receipt_show": ("Read and print the receipt", "查看并打印回执"),
    "receipt_signed": ("Signed by {name}, {when}", "{name} 已签字，{when}"),
    "receipt_changed": (
        "Something was changed after the signature: this version is not signed yet.",
        "签字后内容有变更，此版本尚未签字。",
    ),
    "receipt_unsigned": ("Not signed yet.", "尚未签字。"),
    "receipt_link": (
        "You sign it by a link of its own, which we send to you.",
        "请使用我们另发给您的签字链接签字。",
    ),
    "receipt_pdf": ("Save it as a PDF", "下载 PDF"),
    "receipt_proof": ("Check that it is genuine", "核验回执真伪"),
    "receipt_making": (
        "The document is being made. It comes by itself in a moment.",
        "正在生成文件，请稍候，将自动打开。",
    ),
    "place_photo": ("Photos for the shop", "发送照片"),
    "place_photo_hint": (
        "Of the place, or of what does not work: whoever comes sees it before. Its position is taken out.",
        "可拍摄现场或故障情况，师傅上门前即可看到；对外展示时不含位置信息。",
    ),
    "done_photo": ("Thank you. The photo is here.", "谢谢，照片已收到。"),
    "print": ("Print", "打印"),
    "again": ("What comes next", "后续安排"),
    "again_not_before": ("not before {when}", "最早 {when}"),
    "again_due": ("we are planning it", "正在安排"),
    "again_proposed": ("we are deciding it and call you", "正在确认，我们会与您联系"),
    "again_call_first": ("we call you first", "我们会先致电您"),
    "again_planned": ("it is planned: see above", "已安排，见上方"),
    "retake_asked": ("The office asks you for a photo", "门店请您补拍一张照片"),
    "retake_open": ("Take the photo", "去拍照"),
    # What one can do.
    "confirm": ("This time suits me", "确认该时间"),
    "confirmed": ("You have confirmed this time.", "您已确认该时间。"),
    "move": ("Ask for another time", "申请改时间"),
    "move_title": ("Another time", "申请改时间"),
    "move_hint": (
        "Choose a time. It is a wish: the shop answers, and until then the present appointment stands.",
        "请选择时间。提交后由门店确认，确认前原预约仍然有效。",
    ),
    "move_none": (
        "There is no free time in the next ten days. Please call us.",
        "未来十天没有空闲时间，请致电我们。",
    ),
    "move_late": ("later than we promised you", "晚于承诺时间"),
    "move_words": ("Anything to say about it", "备注"),
    "move_send": ("Ask for this time", "提交申请"),
    "move_open": (
        "You asked for {when}. The shop answers soon.",
        "您已申请改为 {when}，门店将尽快答复。",
    ),
    "move_overtaken": (
        "You asked for {when}; the appointment was changed meanwhile.",
        "您曾申请 {when}，预约时间已另行变更。",
    ),
    "move_granted": (
        "The shop has moved it to {when} as you asked.",
        "门店已按您的申请改为 {when}。",
    ),
    "move_refused": ("The shop cannot come {when}: {answer}", "门店无法在 {when} 上门：{answer}"),
    "move_keep": ("Keep the present time after all", "仍按原时间"),
    "back": ("Back", "返回"),
    "note": ("For whoever comes", "给师傅留言"),
    "note_hint": (
        "Door code, parking, floor, a dog … The installer reads it on the tablet.",
        "门禁密码、停车、楼层、宠物等，师傅可在平板上看到。",
    ),
    "note_send": ("Leave the note", "提交留言"),
    "note_left": ("You left a note, {when}.", "您已留言，{when}。"),
    "rate": ("How was it", "服务评价"),
    "rate_stars": ("{stars} stars", "{stars} 星"),
    "rate_one": ("1 star", "1 星"),
    "rate_words": ("In your words", "评价内容"),
    "rate_send": ("Send", "提交评价"),
    "rated": ("You gave {stars} of 5 stars.", "您给了 {stars} 星（满分 5 星）。"),
    "broken": ("It is still broken", "问题仍未解决"),
    "broken_words": ("What does not work", "请描述问题"),
    "broken_hint": (
        "We look at it at once and come again where it needs somebody.",
        "我们会立即处理，需要时再次上门。",
    ),
    "broken_send": ("Tell the shop", "告知门店"),
    "broken_told": (
        "You told us that it is still broken, {when}.",
        "您已反馈问题仍未解决，{when}。",
    ),
    # What was done.
    "done_confirmed": ("Thank you: the time is confirmed.", "谢谢，时间已确认。"),
    "done_asked": ("Your wish is with the shop.", "申请已提交门店。"),
    "done_kept": ("The present time stays.", "仍按原时间上门。"),
    "done_noted": ("Your note is on the installer's sheet.", "留言已提交，师傅可以看到。"),
    "done_rated": ("Thank you for your words.", "谢谢您的评价。"),
    "done_broken": ("We know now. The shop looks at it at once.", "已收到，门店会立即处理。"),
    # What was wrong.
    "nothing_said": ("Please write a few words first.", "请先填写内容。"),
    "too_long": ("This is too long: 2,000 characters at most.", "内容过长，最多 2000 字。"),
    "no_stars": ("Please choose one to five stars.", "请选择 1 至 5 星。"),
    "no_slot": ("Please choose a time first.", "请先选择时间。"),
    "slot_taken": (
        "This time was given away meanwhile. Nothing was changed; here is what is free now.",
        "该时段刚被占用，未作任何更改，以下为当前空闲时间。",
    ),
    "too_late": (
        "This is not possible any more: things have moved on. What you see below is how they stand.",
        "情况已变化，无法再操作，以下为最新状态。",
    ),
    # Signing.
    "sign_title": ("Sign the receipt", "签署服务回执"),
    "sign_read": ("Please read it, then sign below.", "请阅读后在下方签字。"),
    "sign_reservation": ("Something is not as it should be", "有保留意见"),
    "sign_reservation_words": ("It stands on the receipt that you sign", "将写入您签署的回执"),
    "sign_reservation_put": ("Put it on the receipt", "写入回执"),
    "sign_name": ("Name of who signs", "签字人姓名"),
    "sign_relation": ("Who is it", "与客户关系"),
    "relation_self": ("the customer", "本人"),
    "relation_family": ("family", "家人"),
    "relation_neighbour": ("a neighbour", "邻居"),
    "relation_other": ("somebody else", "其他"),
    "sign_here": ("Sign here", "请在此处签字"),
    "sign_clear": ("Wipe it off", "清除"),
    "sign_send": ("Sign", "签字"),
    "sign_without_script": (
        "To sign here, switch JavaScript on in the browser, or open the link on another phone. Or call us: "
        "we bring the receipt on paper.",
        "签字需要启用浏览器的 JavaScript，或换一部手机打开链接；也可致电我们，提供纸质回执。",
    ),
    "sign_thanks": ("Thank you. The receipt is signed.", "谢谢，回执已签字。"),
    "sign_done": ("This receipt is signed: {name}, {when}.", "该回执已签字：{name}，{when}。"),
    "sign_not": (
        "This receipt needs no signature here. For questions call the shop.",
        "该回执无需在此签字，如有疑问请致电门店。",
    ),
    "already": (
        "Somebody has signed this receipt a moment ago. Yours was not needed and is not kept.",
        "该回执刚刚已由他人签字，您的签字未保存。",
    ),
    "changed": (
        "The receipt was changed while you were reading. Nothing was signed: this is the new one.",
        "您阅读期间回执有变更，尚未签字，以下为最新版本。",
    ),
    "no_signature": ("Please sign in the field first.", "请先在签字区签字。"),
    "no_name": ("Please write the name of who signs.", "请填写签字人姓名。"),
    # The calendar file.
    "calendar_installation": ("installation", "上门安装"),
    "calendar_repair": ("repair", "上门维修"),
    "calendar_return_exchange": ("exchange", "上门换货"),
    "calendar_consultation": ("visit", "上门服务"),
    "calendar_maintenance": ("maintenance", "上门保养"),
    "calendar_complaint": ("visit", "上门服务"),
    "calendar_about": ("Order {ticket}. Questions: {phone}", "工单 {ticket}，咨询电话 {phone}"),
    "help": ("Questions? {shop}", "有疑问？{shop}"),
    "cause_other": ("another visit is needed", "需要再次上门"),
    "cause_part_missing": ("a part was missing", "缺少配件"),
    "cause_wrong_part": ("a part did not fit", "配件不符"),
    "cause_goods_damaged": ("something was damaged", "货品有损坏"),
    "cause_customer_absent": ("nobody was at home", "家中无人"),
    "cause_site_not_ready": ("the place was not ready", "现场条件不具备"),
    "cause_needs_specialist": ("it needs a specialist", "需要专业技师"),
    "cause_out_of_time": ("the time was too short", "时间不足"),
    "cause_reservation": ("what you noted when signing", "您签字时的保留意见"),
    "cause_dissatisfied": ("you were not content", "您对服务不满意"),
    "cause_workmanship": ("we want to do the work better", "我们要改进施工质量"),
    "cause_evidence": ("a photo is missing", "缺少照片"),
    "cause_not_fixed": ("you told us that it is still broken", "您反馈问题仍未解决"),
    "cause_repeat_fault": ("the same fault came back", "同一故障再次出现"),
}


def said(code: str, language: Language, /, **more: str) -> str:
    english, chinese = WORDS[code]
    return (chinese if language == "zh" else english).format(**more)


def words_in(language: Language) -> Callable[..., str]:
    """The same, as templates say it: `words("until", when=…)`."""
    return lambda code, /, **more: said(code, language, **more)
