"""Hands on a page: the same steps by mouse, without scripts, or by the keyboard alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import leads_on

_MOST_TABS = 400
_NAMED = """(words) => {
  const on = document.activeElement;
  if (!on || on === document.body) return false;
  const label = on.labels && on.labels.length ? on.labels[0].textContent : on.getAttribute("aria-label") || on.textContent;
  return label.trim().replace(/\\s+/g, " ").startsWith(words);
}"""


@dataclass
class Hands:
    """What somebody does on a page. With `keyboard`, each thing is reached by Tab and done by a key; the mouse is not used."""

    page: Page
    keyboard: bool = False

    def follow(self, words: str) -> None:
        """Follow the first link whose words begin so."""
        if self.keyboard:
            self._reach(words, "A")
            self._entered()
        else:
            leads_on(self.page.locator("a", has_text=words).first)

    def press(self, words: str, *, stays: bool = False) -> None:
        """Press a button: another page comes, unless it `stays`."""
        if self.keyboard:
            self._reach(words, "BUTTON")
            self.page.keyboard.press("Enter") if stays else self._entered()
        else:
            button = self.page.get_by_role("button", name=words).first
            button.click() if stays else leads_on(button)

    def open(self, words: str) -> None:
        """Open a part of the page that is folded."""
        if self.keyboard:
            self._reach(words, "SUMMARY")
            self.page.keyboard.press("Enter")
        else:
            self.page.locator("summary", has_text=words).first.click()

    def write(self, label: str, text: str) -> None:
        """Write into a field."""
        if self.keyboard:
            self._reach(label, "INPUT")
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            self.page.get_by_label(label, exact=True).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list."""
        if not self.keyboard:
            self.page.get_by_label(label, exact=True).select_option(label=option)
            return
        self._reach(label, "SELECT")
        self.page.keyboard.press("Home")
        for _ in range(200):
            if self.page.evaluate("document.activeElement.selectedOptions[0].textContent.trim()") == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the keyboard does not choose {option}")

    def tick(self, label: str) -> None:
        """Tick a box."""
        if self.keyboard:
            self._reach(label, "INPUT")
            self.page.keyboard.press("Space")
        else:
            self.page.get_by_label(label).check()

    def give(self, label: str, file: Path) -> None:
        """Choose a file."""
        if self.keyboard:
            self._reach(label, "INPUT")
            with self.page.expect_file_chooser() as chooser:
                self.page.keyboard.press("Space")
            chooser.value.set_files(file)
        else:
            self.page.get_by_label(label).set_input_files(file)

    def take(self, words: str) -> bytes:
        """Follow a link that gives a file, and read it."""
        with self.page.expect_download() as taken:
            if self.keyboard:
                self._reach(words, "A")
                self.page.keyboard.press("Enter")
            else:
                self.page.locator("a", has_text=words).first.click()
        return taken.value.path().read_bytes()

    def sign_in(self, username: str, password: str) -> None:
        """Sign in, and accept the statement of lawful use where it is asked."""
        self.page.goto("/sign-in")
        self.write("Name to sign in with", username)
        self.write("Password", password)
        self.press("Sign in")
        if self.page.url.endswith("/lawful-use"):
            self.tick("I will keep to this")
            self.press("Continue")
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def _entered(self) -> None:
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _reach(self, words: str, tag: str) -> None:
        """Tab to what is called so, from where the focus is, and from the start again after the end."""
        for _ in range(_MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.tagName") == tag and self.page.evaluate(_NAMED, words):
                return
        raise AssertionError(f"the keyboard does not reach {words}")
