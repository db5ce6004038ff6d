"""The tests; none of them sees the refreshed prices of the person who runs them."""

import os
import tempfile

os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="advisor-tests-")
