"""Weeks of a shop that tests of placing share."""
import pytest
from weeks import Weeks


@pytest.fixture
def weeks(tmp_path):
    """Three weeks of a shop: 5 is new in the second and was given a cluster, 6 is new in the third."""
    shop = Weeks(tmp_path)
    shop.photograph("week1", 0, 1, 2, 3, 4)
    shop.find("week1")
    shop.photograph("week2", 1, 2, 5)
    shop.correct("week2", *(f"split,5_{number}.jpg,-1,new-1" for number in range(15)), "name,,new-1,boots",
                 "name,,1,ones")
    shop.place("week2", "week1")
    shop.photograph("week3", 0, 1, 5, 6)
    shop.place("week3", "week2")
    return shop
