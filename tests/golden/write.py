"""Write the golden answers anew: `python -m tests.golden.write`, where a change of them is meant.

What changed is then read in the difference that version control shows, and said in its commit.
"""

import json

from tests.golden.studies import GOLDEN, answer_json, path_of


def main() -> None:
    """Write every answer."""
    for kind in GOLDEN:
        text = json.dumps(answer_json(kind), indent=1, ensure_ascii=False, sort_keys=True)
        path_of(kind).write_text(text + "\n", encoding="utf-8")
        print(f"wrote {path_of(kind)}")


if __name__ == "__main__":
    main()
