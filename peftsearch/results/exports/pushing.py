"""An export as a repository of a model hub, by `huggingface_hub`'s client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.utils._validators import validate_repo_id

from peftsearch.errors import PeftsearchError, UserError
from peftsearch.message_text import one_line

_OURS = {"README.md", "job.toml"}
"""Of every export; a repository without them holds something else."""
_PLAIN = {".gitattributes"}
_TEXTS = (".json", ".md", ".toml", ".txt", ".py", ".jinja")


class PushFailed(PeftsearchError):
    """The hub did not take an export; a repository that was there is as it was."""


@dataclass(frozen=True)
class Target:
    """A repository that may be written, as far as can be told before.

    Attributes:
        repo: `USER/NAME`, or the name alone, of one's own.
        private: Whether a new one is to be.
    """

    repo: str
    private: bool
    there: bool

    def push(self, folder: Path, places: Mapping[str, str], message: str) -> str:
        """Send an export in one commit, in place of an earlier one.

        Args:
            places: Paths that its texts may hold (`public_names.find_places`), which are not sent.
            message: Of the commit.

        Returns:
            The repository's URL.

        Raises:
            PushFailed: The hub is away or broke off; nothing of it is to be seen there.
            UserError: The hub refuses it.
        """
        api = HfApi(library_name="peftsearch", library_version=version("peftsearch"))
        _check_texts(folder, places)
        with _explained(self.repo):
            url = api.create_repo(self.repo, private=self.private or None, exist_ok=True)
        with _explained(url.repo_id, made=not self.there):
            api.upload_folder(
                repo_id=url.repo_id,
                folder_path=folder,
                commit_message=message,
                delete_patterns="*",
            )
        return str(url)


def check_target(repo: str, private: bool) -> Target:
    """Ask the hub before minutes are spent on an export.

    Raises:
        PushFailed: The hub is away.
        UserError: No such name can be, there is no login, or the repository holds something else,
            or is public where a private one is asked for.
    """
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        got = f"{repo!r} ({str(error).partition(':')[0]})"
        raise UserError("a repository such as USER/NAME", got, "correct the name") from error
    if not get_token():
        hint = "run `hf auth login`, or set HF_TOKEN"
        raise UserError("a login at the hub, to push", "none", hint)
    with _explained(repo):
        try:
            found = HfApi().model_info(repo)
        except RepositoryNotFoundError as error:
            if error.response is not None and error.response.status_code == 401:
                raise
            return Target(repo, private, False)
    held = {x.rfilename for x in found.siblings or ()} - _PLAIN
    if held and not held >= _OURS:
        got = f"{repo}, which holds {', '.join(sorted(held)[:3])}"
        raise UserError("a repository that is new, or an export's", got, "choose another name")
    if private and not found.private:
        hint = "make it private at the hub, or push to a public one"
        raise UserError("a private repository", f"{repo}, which is public", hint)
    return Target(repo, private, True)


def _check_texts(folder: Path, places: Mapping[str, str]) -> None:
    """Refuse to send a text that still names a folder of this machine.

    Raises:
        PushFailed: One does.
    """
    texts = [x for x in folder.rglob("*") if x.suffix in _TEXTS and x.is_file()]
    for path in texts:
        text = path.read_text(encoding="utf-8", errors="replace")
        if found := next((place for place in places if place in text), None):
            name = path.relative_to(folder)
            raise PushFailed(f"{name} of the export names {found!r} of this machine: not sent")


@contextmanager
def _explained(repo: str, made: bool = False) -> Iterator[None]:
    """What the hub or the way to it says against a repository, on one line.

    Args:
        made: Whether it was made for this push, and would be left empty.
    """
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        said = one_line(error.server_message or str(error).partition("\n")[0])
        if status in (401, 403):
            hint = "log in with a token that may write there: `hf auth login`, or HF_TOKEN"
            raise UserError(
                f"leave to write {repo} at the hub", f"{status} ({said})", hint
            ) from error
        raise PushFailed(_tell(repo, said, made)) from error
    except PeftsearchError:
        raise
    except Exception as error:  # of half a dozen libraries below
        raise PushFailed(
            _tell(repo, one_line(f"{type(error).__name__}: {error}"), made)
        ) from error


def _tell(repo: str, reason: str, made: bool) -> str:
    left = f"{repo} was made and is empty" if made else f"{repo} is as it was"
    return f"the hub did not take {repo}: {reason}; {left}: run the same command again"
