"""What somebody does at a tablet, in verbs, whichever browser is in their hands: a browser brings what it takes
to tap, write and look, the rest is the same everywhere."""

from abc import ABC, abstractmethod
from pathlib import Path

from tests import people

PIN = "274981"
BECAUSE = "taken before I had the tablet in my hand"


class Technician(ABC):
    """Somebody at a tablet. What is waited for in vain fails the test."""

    @abstractmethod
    def opens_the_app(self, where: str = "") -> None: ...

    @abstractmethod
    def reloads(self) -> None: ...

    @abstractmethod
    def taps(self, name: str, *, exact: bool = False) -> None: ...

    @abstractmethod
    def opens_stage(self, name: str) -> object:
        """A part of the visit, whatever comes next by the order of work."""

    @abstractmethod
    def taps_in(self, stage: str, name: str) -> None:
        """In that part of the visit, which is opened for it."""

    @abstractmethod
    def chooses(self, name: str) -> None: ...

    @abstractmethod
    def has_chosen(self, name: str) -> bool: ...

    @abstractmethod
    def writes(self, label: str, text: str) -> None: ...

    @abstractmethod
    def sees(self, text: str) -> None: ...

    @abstractmethod
    def sees_heading(self, name: str) -> None: ...

    @abstractmethod
    def sees_part(self, name: str) -> None:
        """A part of the visit, or a group of buttons."""

    @abstractmethod
    def goes_to(self, where: str) -> None:
        """To a page of the app, without loading it anew."""

    @abstractmethod
    def opens_job(self, job_id: str) -> None: ...

    @abstractmethod
    def does_next(self, words: str) -> None:
        """The biggest button of the screen; it steps aside where what it leads to is in sight."""

    @abstractmethod
    def keeps_what_was_taken(self) -> None:
        """A doubt about the picture is overruled."""

    @abstractmethod
    def picks_file(self, label: str, file: Path) -> None: ...

    @abstractmethod
    def draws_on(self, label: str) -> None:
        """A few strokes without lifting the finger."""

    @abstractmethod
    def loses_the_network(self) -> None: ...

    @abstractmethod
    def finds_the_network(self) -> None: ...

    def signs_in(self, who: people.Character) -> None:
        self.writes("Username", who.username)
        self.writes("Password", people.PASSWORD)
        self.taps("Sign in")
        self.sees_heading("Choose a PIN")
        self.types_pin()
        self.sees_heading("Enter the PIN once more")
        self.types_pin()
        self.sees_heading("My day")
        self.sees("All with the office")  # and has its jobs

    def types_pin(self, pin: str = PIN) -> None:
        for digit in pin:
            self.taps(digit, exact=True)

    def unlocks(self) -> None:
        self.sees_part("Enter your PIN")
        self.types_pin()
        self.sees_heading("My day")

    def locks(self) -> None:
        self.goes_to("account")
        self.taps("Lock now")

    def takes_photo(self) -> None:
        """By the camera."""
        self.taps("Take the photo")
        self.keeps_what_was_taken()

    def picks_photo(self, file: Path) -> None:
        """From the gallery, with the reason that it takes."""
        self.taps("Gallery")
        self.writes("Why not with the camera?", BECAUSE)
        self.picks_file("Choose a photo", file)
        self.keeps_what_was_taken()

    def signs(self, name: str) -> None:
        """The customer's finger on the glass, in the customer's Chinese."""
        self.draws_on("请在此用手指或触控笔签字")
        self.writes("姓名", name)
        self.taps("签署回执")
        self.sees("谢谢，回执已签署。")

    def signs_later(self) -> None:
        """The customer would rather sign by the link."""
        self.taps("现在不签")
        self.chooses("客户稍后通过链接签字")
        self.taps("保存")
        self.sees("谢谢，已记录。")

    def takes_the_tablet_back(self) -> None:
        self.types_pin()
        self.sees_part("Receipt")

    def comes_to_work(self, who: people.Character, job_id: str) -> None:
        """Signed in, and at the customer's door; there is no network any more."""
        self.opens_the_app()
        self.signs_in(who)
        self.opens_job(job_id)
        self.loses_the_network()
        self.does_next("Accept the job")
        self.does_next("Set out")
        self.does_next("I have arrived")

    def assesses(self, severity: str) -> None:
        self.does_next("Assess the fault")
        self.chooses(severity)
        self.taps("Save the assessment")
