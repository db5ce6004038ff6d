"""What a user may bring, for `test_user_models`."""

from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from torch import nn


def tree():
    return DecisionTreeClassifier(max_depth=3)


def own_pipeline():
    return make_pipeline(StandardScaler(), LogisticRegression())


def ridge():
    return Ridge()


def sized_network(*, feature_count, output_count):
    return nn.Sequential(nn.Linear(feature_count, 8), nn.Tanh(), nn.Linear(8, output_count))


def lazy_network():
    return nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(2))


def one_logit():
    return nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(1))


def wrong_size():
    return nn.LazyLinear(7)


def explodes():
    class Explode(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.LazyLinear(2)

        def forward(self, x):
            return self.layer(x) * float("inf")

    return Explode()


def nothing():
    return None
