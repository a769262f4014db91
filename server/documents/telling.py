"""What a check found, in words, in English or Chinese."""

from server.documents.findings import Finding, Json, Report
from server.domain.errors import Language

WORDS: dict[str, tuple[str, str]] = {
    "unchanged": ("Nothing was changed since it was signed.", "自签名以来未被改动。"),
    "changed": ("It is NOT as it was signed:", "内容与签名时不一致："),
    "pdf": ("A receipt as PDF", "PDF 回执"),
    "evidence": ("A bundle of evidence", "证据包"),
    "receipt": ("Receipt {job}, version {version}: {state}", "回执 {job} 第 {version} 版：{state}"),
    "digest": ("SHA-256 of what the receipt says: {digest}", "回执内容的 SHA-256：{digest}"),
    "signed": ("signed on {at} on “{device}”", "于 {at} 在“{device}”上签字"),
    "presented": ("shown, not signed", "已出示，未签字"),
    "unsigned": ("not signed ({reason})", "未签字（{reason}）"),
    "changed_state": ("changed after the signature, not signed again", "签字后有变更，未重新签字"),
    "newer": ("There was a newer version already: {version}", "生成此文件时已有更新版本：第 {version} 版"),
    "sealed": ("The file is signed by {name}, certificate {fingerprint}", "文件签名者：{name}，证书指纹 {fingerprint}"),
    "self_made": (
        "The certificate is self-made: compare its fingerprint with what the shop tells you.",
        "该证书为自制证书，请与门店公布的指纹核对。",
    ),
    "was": ("    is:        {found}\n    should be: {expected}", "    实际：{found}\n    应为：{expected}"),
    "unreadable": (
        "This is neither a receipt's PDF nor a bundle of evidence of Doorstep, or it is cut off ({why}).",
        "该文件不是 Doorstep 的 PDF 回执或证据包，或文件不完整（{why}）。",
    ),
    # Findings.
    "bytes_changed": ("bytes of the file were changed after it was signed: {where}", "文件在签名后被改动：{where}"),
    "bytes_added": ("something was added behind the signature: {where}", "签名之后被追加了内容：{where}"),
    "signature_wrong": ("the shop's signature does not fit: {where}", "门店签名不符：{where}"),
    "signature_unreadable": ("the shop's signature cannot be read: {where}", "门店签名无法读取：{where}"),
    "other_certificate": ("it is signed with another certificate than expected", "签名证书与预期不符"),
    "sums_changed": ("the list is not the one that the shop signed: {where}", "哈希清单与门店签名的不一致：{where}"),
    "file_changed": ("this file was changed: {where}", "文件被改动：{where}"),
    "file_missing": ("this file was taken out: {where}", "文件被移除：{where}"),
    "file_added": ("this file was put in: {where}", "文件是后来加入的：{where}"),
    "file_twice": ("this file is in it twice: {where}", "文件重复出现：{where}"),
    "list_unreadable": ("the index cannot be read: {where}", "目录无法读取：{where}"),
    "event_changed": ("this event was changed: {where}", "事件被改动：{where}"),
    "event_differs": ("the index says something else of this event: {where}", "目录与事件内容不一致：{where}"),
    "event_missing": ("this event is missing: {where}", "事件缺失：{where}"),
    "order_changed": ("the order of events was changed at: {where}", "事件顺序被改动：{where}"),
    "receipt_unreadable": ("the receipt's data cannot be read: {where}", "回执数据无法读取：{where}"),
    "receipt_differs": ("the receipt says something else than the events: {where}", "回执与事件记录不一致：{where}"),
    "digest_differs": ("the receipt's text is not that of its digest: {where}", "回执内容与摘要不符：{where}"),
    "signed_other": ("another text was signed than this one: {where}", "签字对应的不是此内容：{where}"),
    "signing_differs": ("the index says something else of the signature: {where}", "目录与签字记录不一致：{where}"),
    "signature_picture_changed": ("the picture of the signature is another one: {where}", "签字图片被替换：{where}"),
    "photo_differs": ("another photo was announced than this one: {where}", "照片与当时登记的不一致：{where}"),
    "photo_changed": ("this photo was changed: {where}", "照片被改动：{where}"),
}  # fmt: skip


def said(key: str, language: Language, /, **more: object) -> str:
    english, chinese = WORDS[key]
    return (chinese if language == "zh" else english).format(**more)


def of_report(report: Report, language: Language) -> list[str]:
    """Lines for a terminal, the verdict last."""
    facts = report.facts
    lines = [said(report.kind, language)]
    receipts = facts.get("receipts") if report.kind == "evidence" else [facts]
    for each in receipts if isinstance(receipts, list) else []:
        if isinstance(each, dict) and each.get("digest"):
            lines += of_receipt(each, language)
    certificate = facts.get("certificate")
    if certificate:
        lines.append(said("sealed", language, **certificate))
        if certificate["self_made"]:
            lines.append(said("self_made", language))
    if report.is_unchanged:
        return [*lines, said("unchanged", language)]
    told = [line for each in report.findings for line in of_finding(each, language)]
    return [*lines, said("changed", language), *told]


def of_receipt(told: Json, language: Language) -> list[str]:
    state = str(told.get("state"))
    if state == "changed":
        words = said("changed_state", language)
    elif state in ("signed", "unsigned", "presented"):
        words = said(
            state,
            language,
            at=told.get("signed_at"),
            device=told.get("device") or "–",
            reason=told.get("unsigned_reason"),
        )
    else:
        words = state
    version = told.get("version")
    lines = [said("receipt", language, job=told.get("job_id"), version=version, state=words)]
    lines.append(said("digest", language, digest=told["digest"]))
    newest = told.get("newest_version")
    if isinstance(newest, int) and isinstance(version, int) and newest > version:
        lines.append(said("newer", language, version=newest))
    return lines


def of_finding(finding: Finding, language: Language) -> list[str]:
    sentence = f"  - {said(finding.code, language, where=finding.where)}"
    if not finding.found and not finding.expected:
        return [sentence]
    more = said("was", language, found=finding.found or "–", expected=finding.expected or "–")
    return [sentence, more]
