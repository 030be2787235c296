from shipway.charts.render import name, objects


def test_documents_become_objects_in_their_order() -> None:
    rendered = """\
---
# Source: web/templates/empty.yaml
---
# Source: web/templates/service.yaml
kind: Service
metadata: {name: web}
---
kind: List
items:
- kind: ConfigMap
  metadata: {name: one}
- kind: Secret
---
"""
    assert [name(each) for each in objects(rendered)] == [
        "Service/web",
        "ConfigMap/one",
        "Secret/?",
    ]
