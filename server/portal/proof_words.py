"""What the page of a receipt's proof says, in both languages."""

from server.domain.errors import Language

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Is this receipt genuine?", "核验服务回执"),
    "signed": ("Signed", "已签字"),
    "presented": ("Shown to the customer, not signed", "已向客户出示，尚未签字"),
    "unsigned": ("Not signed", "未签字"),
    "changed": ("Changed after the signature, and not signed again", "签字后有变更，尚未重新签字"),
    "refused": ("The customer did not want to sign.", "客户拒绝签字。"),
    "absent": ("Nobody was there to sign.", "客户不在场。"),
    "later": ("The customer signs later by a link.", "客户稍后通过链接签字。"),
    "other": (
        "The tablet says that another text was signed. The shop looks into it.",
        "平板记录的签字内容与本回执不同，门店正在核实。",
    ),
    "newest": ("Nothing was changed since.", "此后没有变更。"),
    "newer": ("There is a newer version: {number}.", "已有更新的版本：第 {number} 版。"),
    "gone": (
        "What it said was erased at the customer's wish. Only that it was there is known.",
        "应客户要求，内容已删除，仅保留其曾经存在的记录。",
    ),
    "shop": ("Shop", "门店"),
    "number": ("Job", "派工单"),
    "version": ("Version", "版本"),
    "when": ("Signed on", "签字时间"),
    "who": ("Signed by", "签字人"),
    "device": ("On the tablet", "签字平板"),
    "made": ("Written down on", "记录时间"),
    "code": ("Code", "识别码"),
    "digest": ("SHA-256 of what it says", "回执内容的 SHA-256"),
    "certificate": ("The shop's certificate (SHA-256)", "门店证书指纹（SHA-256）"),
    "self_made": (
        "The certificate is self-made: it shows that a file was changed, but proves nobody's name.",
        "该证书为自制证书：可证明文件是否被改动，但不能证明签名者的身份。",
    ),
    "versions": ("All versions", "全部版本"),
    "this": ("this one", "本版"),
    "line": ("Version {number}: {state}", "第 {number} 版：{state}"),
    "compare": ("Compare a file", "比对文件"),
    "hint": (
        "Choose the PDF (or a bundle of evidence) that you have. It is compared here, and not kept.",
        "选择您手中的 PDF（或证据包）进行比对，文件不会被保存。",
    ),
    "file": ("File", "文件"),
    "send": ("Compare", "比对"),
    "same": (
        "This file is genuine: it is as the shop signed it, and belongs to this receipt.",
        "文件真实：与门店签名时一致，且属于本回执。",
    ),
    "same_version": (
        "This file is genuine, and belongs to version {number} of this receipt.",
        "文件真实，属于本回执的第 {number} 版。",
    ),
    "altered": ("This file is NOT as it was signed:", "该文件与签名时不一致："),
    "another": (
        "This file was not changed, but belongs to another receipt.",
        "文件未被改动，但属于另一份回执。",
    ),
    "stranger": (
        "This file is signed, but not with this shop's certificate.",
        "该文件有签名，但并非本门店的证书。",
    ),
    "unreadable": (
        "This is no receipt and no bundle of evidence of ours, or it is cut off.",
        "该文件不是本系统的回执或证据包，或文件不完整。",
    ),
    "nothing": ("Please choose a file first.", "请先选择文件。"),
    "large": ("This file is too large to be compared here.", "文件过大，无法在此比对。"),
    "offline": (
        "Without us: doorstep verify FILE does the same offline, and any PDF reader shows the signature.",
        "也可离线核验：运行 doorstep verify 文件，或用任意 PDF 阅读器查看签名。",
    ),
}


def said(key: str, language: Language, /, **more: object) -> str:
    english, chinese = WORDS[key]
    return (chinese if language == "zh" else english).format(**more)
