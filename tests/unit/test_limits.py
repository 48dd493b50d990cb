from dataclasses import fields

from django.conf import settings

from config.limits import LIMITS, Limits


def test_every_limit_is_a_positive_number() -> None:
    assert all(getattr(LIMITS, field.name) > 0 for field in fields(Limits))


def test_django_takes_no_more_than_the_edge_lets_through() -> None:
    assert LIMITS.form_body == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert LIMITS.form_fields == settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    assert LIMITS.files == settings.DATA_UPLOAD_MAX_NUMBER_FILES
