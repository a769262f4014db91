"""What a customer reads, in both languages: few sentences, so they stand here and not in a catalogue."""

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
}


def said(name: str, language: Language, **more: str) -> str:
    english, chinese = WORDS[name]
    return (chinese if language == "zh" else english).format(**more)
