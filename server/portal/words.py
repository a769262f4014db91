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
    "nothing": ("Please choose a photo first.", "请先选择照片。"),
}


def said(name: str, language: Language, **more: str) -> str:
    english, chinese = WORDS[name]
    return (chinese if language == "zh" else english).format(**more)
