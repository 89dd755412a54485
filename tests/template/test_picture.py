"""The picture of the dashboard in docs/ is of the present one; taking it needs a browser, telling does not."""

import pathlib

PROJECT = pathlib.Path(__file__).parents[2]


def test_the_picture_of_the_dashboard_shows_its_widgets_where_they_are(monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "tests/report")
    import dashboard_picture
    import picture

    carried = picture.stamp(dashboard_picture.PICTURE.read_bytes())
    assert carried == dashboard_picture.shown(dashboard_picture.body()), "docs/dashboard.png is stale: run `make picture`"
