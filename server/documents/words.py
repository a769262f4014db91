"""What a document says beside the receipt itself, in both languages; headings are those of the domain."""

from server.domain.errors import Language
from server.domain.receipts import WORDS as RECEIPT_WORDS

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Service receipt", "服务回执"),
    "version": ("version {number}", "第 {number} 版"),
    "page": ("Page {number} of {{nb}}", "第 {number} 页，共 {{nb}} 页"),
    "customer": ("Customer", "客户"),
    "address": ("Address", "地址"),
    "product": ("Product", "产品"),
    "serial": ("Serial number", "序列号"),
    "order": ("Order", "订单"),
    "warranty": ("Warranty until", "保修至"),
    "ticket": ("Ticket", "工单"),
    "job": ("Job", "派工单"),
    "installer": ("Installer", "师傅"),
    "crew": ("With", "同行"),
    "window": ("Agreed", "约定时间"),
    "arrived": ("Arrived", "到达"),
    "to": ("{start} to {end}", "{start} 至 {end}"),
    "signed": ("Signed", "已签字"),
    "signed_by": ("{name} ({relation}), {at}", "{name}（{relation}），{at}"),
    "on_device": ('on the tablet "{device}"', "签于平板“{device}”"),
    "signed_other": (
        "The tablet says that another text was signed: {code}. The office looks into it.",
        "平板记录的签字内容与本文不同：{code}，门店正在核实。",
    ),
    "presented": ("Shown to the customer, not signed", "已向客户出示，尚未签字"),
    "unsigned": ("Not signed", "未签字"),
    "unsigned.refused": ("because the customer did not want to sign", "原因：客户拒绝签字"),
    "unsigned.absent": ("because nobody was there to sign", "原因：客户不在场"),
    "unsigned.later": ("because the customer signs later by a link", "原因：客户稍后通过链接签字"),
    "changed": ("Changed after the signature, and not signed again", "签字后有变更，尚未重新签字"),
    "changed_from": ("Version {number} is the one that was signed.", "已签字的是第 {number} 版。"),
    "newer": ("There is a newer version: {number}", "已有更新的版本：第 {number} 版"),
    "newer_why": (
        "Something was added or changed after this one. Ask the shop for the newest, or open the code below.",
        "本版之后有补充或变更。请向门店索取最新版本，或扫描下方二维码查看。",
    ),
    "relation.self": ("the customer", "本人"),
    "relation.customer": ("the customer", "本人"),
    "relation.family": ("family", "家人"),
    "relation.neighbour": ("a neighbour", "邻居"),
    "relation.other": ("somebody else", "其他人"),
    "quantity": ("Qty", "数量"),
    "part": ("Part", "配件"),
    "price": ("Price", "金额"),
    "total": ("To pay", "应付"),
    "no_parts": ("No parts were used.", "未使用配件。"),
    "signature": ("Signature", "签字"),
    "signature_awaited": (
        "The picture of the signature is not here. Its SHA-256: {sha256}",
        "签字图片尚未收到。其 SHA-256：{sha256}",
    ),
    "quoted": ('"{words}"', "“{words}”"),  # curly ones are as wide as a Chinese character
    "stars": ("{stars} of 5 stars", "{stars} / 5 星"),
    "missing": ("Missing", "照片缺失"),
    "awaited": ("Not here yet", "尚未收到"),
    "shot": ("Photo {number}: {label}", "照片 {number}：{label}"),
    "check": ("Check this receipt", "核验本回执"),
    "check_how": (
        "Scan the code, or open the address: it says what was signed, and whether anything changed since.",
        "扫描二维码或打开网址，即可查看签字内容以及此后是否有变更。",
    ),
    "digest": ("SHA-256 of the receipt", "回执内容 SHA-256"),
    "sealed": ("This file is signed electronically by {name}.", "本文件由 {name} 电子签名。"),
    "self_made": (
        "The certificate is self-made: it shows whether this file was changed, but proves nobody's name.",
        "该证书为自制证书：可证明文件是否被改动，但不能证明签名者的身份。",
    ),
    "attached": (
        "The receipt's data (receipt.json) is attached to this file.",
        "本文件附有回执原始数据（receipt.json）。",
    ),
    "lacking": (
        "Characters that this typeface does not have are shown by their numbers: {names}.",
        "本字体没有的字符以编号表示：{names}。",
    ),
    "short_code": ("Code {code}", "识别码 {code}"),
}


def said(name: str, language: Language, /, **more: object) -> str:
    english, chinese = WORDS[name]
    return (chinese if language == "zh" else english).format(**more)


def heading(name: str, language: Language) -> str:
    return RECEIPT_WORDS[language][name]
