"""A walk past every screen of the tablet app, in either language. What is done at each is up to who walks along."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from playwright.sync_api import FilePayload, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import devices, movements, parts
from server.db.people import Device, Person
from tests import people, pictures
from tests.browser.tablets import Hands, hands_with
from tests.office import SLOTS, Office

SIZE = (1600, 1200)
Language = Literal["English", "简体中文"]

PARTS = [
    ("HINGE-110", "Hinge 110°", "铰链 110°", 1250, 4),
    ("MOTOR-HOOD-90", "Fan motor for the 90 cm hood", "90 厘米油烟机电机", 32800, 0),
    ("FILTER-G2", "Grease filter, pair", "油网（一对）", 8800, 2),
]
PLANNED = [
    {"sku": "MOTOR-HOOD-90", "quantity": 1, "charge": "warranty"},
    {"sku": "FILTER-G2", "quantity": 1, "charge": "customer"},
]
# A reader of codes that sees none: the dialog stays as long as it is looked at.
READER = """globalThis.BarcodeDetector = class {
    static getSupportedFormats() { return Promise.resolve(["code_128"]) }
    detect() { return Promise.resolve([]) }
}"""
LABEL = {"slot": "serial_label", "label": "Serial label", "label_zh": "序列号铭牌", "minimum": 1}


def _step(kind: str, step_id: str, label: str, label_zh: str, **more: Any) -> dict[str, Any]:
    told = {"step_id": step_id, "kind": kind, "label": label, "label_zh": label_zh}
    return {**told, "required": True, **more}


CHECKLIST = {
    "name": "hood",
    "version": 1,
    "steps": [
        _step("yes_no", "level", "Is it level?", "水平吗？"),
        _step("number", "gap", "Gap to the wall", "离墙间隙", minimum=0, maximum=20, unit="mm"),
        _step(
            "choice",
            "cause",
            "Where the fault comes from",
            "故障原因",
            choices=[
                {"value": "product", "label": "Product or material", "label_zh": "产品或材料"},
                {"value": "use", "label": "Use or wear", "label_zh": "使用或磨损"},
                {"value": "other", "label": "Not clear", "label_zh": "无法判断"},
            ],
        ),
        _step(
            "text",
            "cause_words",
            "The cause in words",
            "原因说明",
            only_if={"step_id": "cause", "answer": "other"},
        ),
        _step("photo", "old_part", "The old part", "旧件", slot="old_part", required=False),
    ],
}


@dataclass
class Walk:
    alice: Hands
    office: Office
    language: Language
    """What is done at each screen, by its name."""
    look: Callable[[str, Page], None]

    def says(self, english: str, chinese: str) -> str:
        return english if self.language == "English" else chinese

    def taps(self, english: str, chinese: str) -> None:
        self.alice.taps(self.says(english, chinese), exact=True)

    def chooses(self, english: str, chinese: str) -> None:
        name = self.says(english, chinese)
        self.alice.page.get_by_role("radio", name=name, exact=True).click(force=True)

    def writes(self, english: str, chinese: str, text: str) -> None:
        self.alice.page.get_by_label(self.says(english, chinese), exact=True).fill(text)

    def at(self, screen: str, selector: str) -> None:
        """Looks once this is there."""
        self.alice.page.locator(selector).first.wait_for()
        self.look(screen, self.alice.page)

    def closes(self) -> None:
        self.taps("Close", "关闭")
        self.alice.page.locator(".dialog").wait_for(state="detached")

    def picks(self, job_id: str, slot: str, picture: bytes) -> None:
        """From the gallery: the pictures of this browser's own camera are all alike."""
        page = self.alice.page
        self.alice.goes_to(f"job/{job_id}/camera/{slot}")
        self.taps("Gallery", "相册")
        why = self.says("Why not with the camera?", "为什么不用相机拍？")
        page.get_by_label(why).fill(self.says("The camera was wet", "相机进水"))
        file: FilePayload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture}
        page.locator("input[type=file]").set_input_files(file)

    def keeps_what_was_picked(self) -> None:
        page = self.alice.page
        doubts, photos = page.locator(".camera-doubts"), page.locator("#stage-photos")
        doubts.or_(photos).first.wait_for()
        if doubts.is_visible():
            self.taps("Keep it", "保留")
        photos.wait_for()


def past_all(walk: Walk) -> None:
    jobs = _opens_jobs(walk.office)
    past_the_door(walk)
    past_the_day(walk, jobs)
    past_the_way(walk, jobs["main"])
    past_the_photos(walk, jobs["main"])
    past_the_parts(walk, jobs["main"])
    past_the_receipt(walk, jobs["main"])
    past_the_end(walk, jobs["main"])
    past_what_the_office_changed(walk, jobs)
    past_the_tablet_itself(walk)
    past_farewells(walk)


def _opens_jobs(office: Office) -> dict[str, str]:
    """One job of each kind that looks different in the day."""

    def stock(session: Session) -> None:
        keeper, alice = (session.get_one(Person, who.id) for who in (people.STOCK, people.ALICE))
        for sku, name, name_zh, price, count in PARTS:
            form = {"sku": sku, "name": name, "name_zh": name_zh, "unit_price": price}
            parts.add(session, keeper, form, office.clock())
            line = {"kind": "receive", "sku": sku, "quantity": max(count, 1)}
            way = {"from_place": "supplier", "to_place": f"van:{alice.id}"}
            movements.enter(session, keeper, {**line, **way}, office.clock())

    office.write(stock)
    day = timedelta(days=1)
    start = {"window_start": office.at() + timedelta(hours=2)}
    said = {"description": "Since Sunday it rattles on level 3. 周日起三档有异响。"}
    kind = {"ticket_class": "special"}
    main = office.issues_a_job(
        people.ALICE,
        office.opens_a_ticket(**said, **kind),
        **start,
        window_end=office.at() + timedelta(hours=4),
        slots=[*SLOTS, LABEL],
        checklist=CHECKLIST,
        planned_parts=PLANNED,
        crew=[people.LENA.id],
        notes="The gate opens with 1204. 门禁按 1204。",
        care_card="Clean the filter each month. 油网请每月清洗一次。",
    )
    return {
        "main": main,
        "tomorrow": office.issues_a_job(
            people.ALICE,
            window_start=office.at() + day,
            window_end=office.at() + day + timedelta(hours=2),
        ),
        "cancelled": office.issues_a_job(people.ALICE),
        "given away": office.issues_a_job(people.ALICE),
        "open": office.issues_a_job(people.ALICE, window_start=None, window_end=None),
    }


def past_the_door(walk: Walk) -> None:
    alice, page = walk.alice, walk.alice.page
    page.add_init_script(READER)
    alice.opens_the_app()
    page.locator(".option", has_text=walk.language).click()
    walk.at("sign in", "input[type=password]")
    walk.writes("Username", "用户名", people.ALICE.username)
    walk.writes("Password", "密码", "not this one")
    page.locator("button[type=submit]").click()
    walk.at("sign in, wrong password", ".notice")
    walk.writes("Password", "密码", people.PASSWORD)
    page.locator("button[type=submit]").click()
    walk.at("choose a PIN", ".pad")
    alice.types_pin()
    page.get_by_role(
        "heading", name=walk.says("Enter the PIN once more", "请再输入一次 PIN 码")
    ).wait_for()
    alice.types_pin("111111")
    different = walk.says("The two PINs were different", "两次输入的 PIN 码不一致")
    page.get_by_text(different).wait_for()
    walk.look("two different PINs", page)
    for _ in range(2):
        alice.types_pin()
    page.locator(".day").wait_for()


def past_the_day(walk: Walk, jobs: dict[str, str]) -> None:
    page = walk.alice.page
    page.locator(f"a[href*='{jobs['main']}']").first.wait_for()
    walk.look("my day", page)
    search = page.get_by_label(walk.says("Search jobs", "搜索派工单"))
    search.fill("no such words")
    walk.at("my day, nothing found", ".day .empty")
    search.fill("")


def past_the_way(walk: Walk, job_id: str) -> None:
    alice, page = walk.alice, walk.alice.page
    alice.goes_to(f"job/{job_id}")
    walk.at("job, new", "#stage-way .lines, #stage-way details")
    page.locator("#stage-way summary").click()
    walk.at("ready to leave", "#stage-way details[open]")
    walk.taps("Decline the job", "拒单")
    walk.at("decline", ".dialog")
    walk.closes()
    alice.loses_the_network()
    for english, chinese in (
        ("Accept the job", "接单"),
        ("Set out", "出发"),
        ("I have arrived", "我已到达"),
    ):
        walk.taps(english, chinese)
    alice.goes_to(f"job/{job_id}/way")
    walk.at("arrived", ".moment-done >> nth=2")
    alice.goes_to(f"job/{job_id}/assessment")
    walk.chooses("Unsafe", "存在安全隐患")
    walk.at("assessment", "#stage-assessment .tone-lost")
    walk.chooses("Major", "较重")
    walk.writes(
        "What did you find?", "现场发现了什么？", "The motor's bearing is worn. 电机轴承磨损。"
    )
    walk.taps("Save the assessment", "保存评估")
    page.locator("#stage-assessment .stage-done").wait_for()
    alice.goes_to(f"job/{job_id}/checklist")
    walk.chooses("Yes", "是")
    walk.chooses("Not clear", "无法判断")
    walk.writes("Gap to the wall", "离墙间隙", "44")
    page.locator("#step-level input").first.focus()
    walk.at("checklist", "#stage-checklist .field-problem")
    walk.writes("Gap to the wall", "离墙间隙", "8")
    page.locator("#step-gap .button").click()
    walk.writes("The cause in words", "原因说明", "Dust. 灰尘。")
    page.locator("#step-cause_words .button").click()
    page.locator("#stage-checklist .stage-done").wait_for()


def past_the_photos(walk: Walk, job_id: str) -> None:
    alice, page = walk.alice, walk.alice.page
    walk.picks(job_id, "before", pictures.jpeg("kitchen_before", SIZE))
    walk.keeps_what_was_picked()
    walk.picks(job_id, "after", pictures.jpeg("kitchen_after", SIZE))
    walk.keeps_what_was_picked()
    alice.goes_to(f"job/{job_id}/photos")
    walk.at("photos", "#stage-photos .thumbnail img")
    alice.goes_to(f"job/{job_id}/camera/serial_label")
    walk.at("camera", ".shutter:not([disabled])")
    walk.taps("Gallery", "相册")
    walk.at("gallery", ".dialog")
    walk.closes()
    walk.picks(job_id, "serial_label", pictures.dark())
    walk.at("camera, doubts", ".camera-doubts")
    walk.keeps_what_was_picked()
    page.locator(".photo-card").first.click()
    walk.at("photo", ".photo-large img")
    walk.taps("Take this photo back", "作废这张照片")
    walk.at("take a photo back", ".dialog")
    walk.closes()
    page.get_by_role("link", name=walk.says("Draw on a copy", "在副本上标注")).click()
    page.locator(".drawing canvas").wait_for()
    page.wait_for_function("() => document.querySelector('.drawing img')?.naturalWidth > 0")
    _draws(walk, ".drawing canvas")
    walk.look("drawing", page)
    walk.taps("Cancel", "取消")
    page.locator(".photo-large").wait_for()


def _draws(walk: Walk, surface: str) -> None:
    page = walk.alice.page
    page.locator(surface).scroll_into_view_if_needed()
    box = page.locator(surface).bounding_box()
    assert box is not None
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + 0.2 * width, y + 0.5 * height)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + (0.2 + 0.06 * step) * width, y + (0.5 + 0.2 * (step % 2)) * height)
    page.mouse.up()


def past_the_parts(walk: Walk, job_id: str) -> None:
    alice, page = walk.alice, walk.alice.page
    alice.goes_to(f"job/{job_id}/parts")
    page.locator("#stage-parts .line").first.wait_for()
    walk.look("parts, planned", page)
    walk.taps("Use a part", "使用配件")
    walk.at("use a part", ".dialog .option")
    page.locator(".dialog .option").first.click()
    for _ in range(5):
        page.get_by_role("button", name=walk.says("One more", "加一")).click()
    walk.at("use a part, more than there is", ".dialog .tone-risk")
    walk.taps("Save the part", "保存配件")
    page.locator(".dialog").wait_for(state="detached")
    walk.taps("Missing, wrong or damaged", "缺件、错件或损坏")
    walk.chooses("missing", "缺件")
    walk.writes("In your words", "说明", "Screws of the front panel. 面板螺丝。")
    walk.at("ask for a part", ".dialog")
    walk.taps("Ask for the part", "申请配件")
    page.locator(".dialog").wait_for(state="detached")
    walk.taps("Exchange a serial number", "更换序列号")
    walk.writes("New serial number", "新序列号", "SN-20418")
    walk.at("exchange a serial number", ".dialog")
    walk.taps("Scan: New serial number", "扫码：新序列号")
    walk.at("scan", ".scanner")
    page.get_by_role("button", name=walk.says("Close", "关闭")).last.click()
    page.locator(".scanner").wait_for(state="detached")
    walk.taps("Save the exchange", "保存更换")
    page.locator(".dialog").wait_for(state="detached")
    walk.look("parts", page)
    alice.goes_to(f"job/{job_id}/notes")
    walk.writes("A note", "备注", "Clean the filter each month. 请每月清洗油网。")
    walk.chooses("The customer, on the receipt", "客户可见，写入回执")
    walk.at("notes", "#stage-notes .option-chosen")
    walk.taps("Save the note", "保存备注")
    wish = walk.says("Does the customer want something more?", "客户还有其他需求吗？")
    page.locator("#stage-notes").get_by_label(wish).fill("A new hob in spring. 春天想换灶具。")
    walk.taps("Save the lead", "保存商机")
    walk.at("notes, noted", "#stage-notes .tone-accent")


def past_the_receipt(walk: Walk, job_id: str) -> None:
    alice, page = walk.alice, walk.alice.page
    alice.goes_to(f"job/{job_id}/signing")
    walk.at("receipt", "#stage-signing .stage-content")
    alice.goes_to(f"job/{job_id}")
    walk.taps("Hand over for the receipt", "请客户签回执")
    page.locator(".paper").wait_for()
    if walk.language == "English":  # the customer reads Chinese
        alice.taps("English")
        page.get_by_role("heading", name="Service receipt").wait_for()
    page.locator(".paper .thumbnail img").first.wait_for()
    walk.at("customer", ".receipt-code")
    walk.taps("I do not sign now", "现在不签")
    walk.at("customer, not now", ".dialog")
    walk.closes()
    page.locator(".customer-head .button").last.click()
    walk.at("customer, back to the installer", ".dialog .pad")
    walk.closes()
    page.locator(".tick input").check()
    walk.writes("What is not right?", "哪里不满意？", "A scratch on the left. 左侧有划痕。")
    page.locator(".star").nth(3).click()
    _draws(walk, ".signature canvas")
    walk.look("customer, signed", page)
    walk.taps("Sign the receipt", "签署回执")
    walk.at("customer, thanks", ".customer-end")
    alice.types_pin()
    page.locator(".job").wait_for()
    alice.goes_to(f"job/{job_id}/signing")
    walk.at("receipt, signed", "#stage-signing .tone-proven")
    walk.taps("Show the signed receipt", "查看已签回执")
    walk.at("customer, to be read", ".signature-picture")
    page.locator(".customer-head .button").last.click()
    page.locator(".dialog .pad").wait_for()
    alice.types_pin()
    page.locator(".job").wait_for()


def past_the_end(walk: Walk, job_id: str) -> None:
    alice, page = walk.alice, walk.alice.page
    page.locator(".next-bar").wait_for()
    walk.look("job, all but finished", page)
    alice.goes_to(f"job/{job_id}/finish")
    walk.chooses("Incomplete", "未完成")
    walk.at("finish, incomplete", "#stage-finish .tone-accent")
    walk.chooses("Completed", "已完成")
    walk.at("finish, completed", "#stage-finish .field")
    page.locator("#stage-finish .button-next").click()
    walk.at("finished", "#stage-finish .notice:not(.tone-proven)")
    alice.goes_to("status")
    walk.at("status, much waits", ".page .line")
    walk.taps("Send now", "立即上传")
    page.locator(".page .notice-code").wait_for()
    page.get_by_role("button", name=walk.says("Send now", "立即上传"), disabled=False).wait_for()
    walk.look("status, no network", page)
    walk.taps("Pause", "暂停")
    walk.look("status, paused", page)
    with page.expect_download():
        walk.taps("Make the file", "导出文件")
    walk.at("status, black box", ".page .panel:last-child .notice")
    alice.goes_to("account")
    walk.taps("Sign out", "退出登录")
    walk.at("sign out", ".dialog")
    walk.closes()
    walk.look("account", page)
    alice.finds_the_network()
    alice.goes_to("status")
    walk.taps("Go on", "继续")
    all_sent = walk.says("All with the office", "已全部上传")
    page.get_by_text(all_sent, exact=True).first.wait_for()
    walk.look("status, all sent", page)


def past_what_the_office_changed(walk: Walk, jobs: dict[str, str]) -> None:
    alice, office, page = walk.alice, walk.office, walk.alice.page
    for name in ("cancelled", "tomorrow", "given away"):
        alice.goes_to(f"job/{jobs[name]}")
        page.locator("#job-title").wait_for()
    alice.loses_the_network()
    walk.picks(jobs["given away"], "before", pictures.jpeg("damaged_panel", SIZE))
    walk.keeps_what_was_picked()
    alice.goes_to("")
    office.cancels(jobs["cancelled"])
    office.reassigns(jobs["given away"], people.LENA)
    office.changes(jobs["tomorrow"], notes="Please ring twice. 请按两次门铃。")
    office.asks_for_photo_again(jobs["main"], "after", "The left door is cut off. 左门没拍全。")
    page.route("**/media/**", lambda route: route.abort())  # her photo does not get through yet
    alice.finds_the_network()
    given_away = walk.says("Given to somebody else", "已转派他人")
    walk.at("my day, changed", f".card .badge:has-text('{given_away}')")
    for name in ("cancelled", "given away", "tomorrow"):
        alice.goes_to(f"job/{jobs[name]}")
        walk.at(f"job, {name}", "#job-title")
    page.unroute("**/media/**")
    alice.goes_to(f"job/{jobs['main']}/photos")
    walk.at("photos, once more", "#stage-photos .tone-risk")
    alice.goes_to("job/J-0")
    walk.at("no such job", ".empty")


def past_the_tablet_itself(walk: Walk) -> None:
    alice, page = walk.alice, walk.alice.page
    walk.office.ends_sign_ins_of(people.ALICE)
    alice.goes_to("status")
    alice.loses_the_network()
    alice.finds_the_network()  # which is when it asks the office at once
    walk.at("sign in again", ".frame-notices .notice")
    page.locator(".frame-notices .button").click()
    walk.at("sign in again, asked", ".dialog input[type=password]")
    walk.closes()
    alice.goes_to("account")
    walk.taps("Lock now", "立即锁定")
    alice.types_pin("111111")
    walk.at("locked, wrong PIN", ".pad .notice")


def past_farewells(walk: Walk) -> None:
    """The store cannot be opened; the office takes the tablet out of service."""
    alice, page = walk.alice, walk.alice.page
    alice.types_pin()
    page.locator(".frame").wait_for()
    other = hands_with(alice.context, alice.address)
    other.page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('gone') }")
    other.opens_the_app()
    other.page.locator(".door .notice").wait_for()
    walk.look("storage broken", other.page)
    other.page.close()
    _take_out(walk.office)
    page.reload()
    alice.types_pin()
    walk.at("farewell", ".door .tone-accent")


def _take_out(office: Office) -> None:
    def act(session: Session) -> None:
        device = session.scalars(select(Device).where(Device.status == "active")).one()
        bob = session.get_one(Person, people.BOB.id)
        devices.revoke(session, bob, device, "lost", office.clock())

    office.write(act)
