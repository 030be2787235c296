import asyncio
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from drydock.disk import Unwritable
from drydock.resources import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS, Object, Resource
from drydock.store import AlreadyExists, Change, Conflict, Gone, NotFound, Store


def config_map(name: str = "settings", namespace: str = "dev", **data: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


def deployment(replicas: int = 1) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "dev"}, "spec": {"replicas": replicas}}


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web-1", "namespace": "dev"}, "spec": spec}


def names(objects: Any) -> list[tuple[str, str]]:
    return [(obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in objects]


def with_metadata(obj: Object, **metadata: Any) -> Object:
    return {**obj, "metadata": {**obj["metadata"], **metadata}}


async def following(store: Store, since: int, count: int) -> list[Change]:
    found = []
    async for change in store.changes(since):
        found.append(change)
        if len(found) == count:
            break
    return found


class TestCreate:
    def test_fills_in_what_the_server_owns(self) -> None:
        created = Store().create(CONFIG_MAPS, config_map(colour="red"))
        uid, time = created["metadata"]["uid"], created["metadata"]["creationTimestamp"]
        assert re.fullmatch(r"[0-9a-f-]{36}", uid)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)
        assert created == {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "settings",
                "namespace": "dev",
                "uid": uid,
                "creationTimestamp": time,
                "resourceVersion": "1",
            },
            "data": {"colour": "red"},
        }

    def test_begins_a_life_of_its_own_whatever_the_object_says(self) -> None:
        forged = with_metadata(deployment(), generation=7, deletionTimestamp="2020-01-01T00:00:00Z")
        metadata = Store().create(DEPLOYMENTS, forged)["metadata"]
        assert metadata["generation"] == 1
        assert "deletionTimestamp" not in metadata

    def test_keeps_the_identity_that_admission_has_seen(self) -> None:
        store = Store()
        identified = store.identify(CONFIG_MAPS, with_metadata(config_map(), uid="forged"))
        assert identified["metadata"]["uid"] != "forged"
        created = store.create(CONFIG_MAPS, identified)
        assert created["metadata"]["uid"] == identified["metadata"]["uid"]

    def test_leaves_the_given_object_alone(self) -> None:
        given = config_map()
        Store().create(CONFIG_MAPS, given)
        assert given == config_map()

    def test_refuses_a_name_in_use(self) -> None:
        store = Store()
        store.create(CONFIG_MAPS, config_map())
        with pytest.raises(AlreadyExists):
            store.create(CONFIG_MAPS, config_map())
        assert store.version == 1

    def test_makes_up_the_end_of_a_generated_name(self) -> None:
        store = Store()
        obj = {"metadata": {"generateName": "web-", "namespace": "dev"}}
        made = {store.create(CONFIG_MAPS, obj)["metadata"]["name"] for _ in range(20)}
        assert len(made) == 20
        assert all(re.fullmatch("web-[bcdfghjklmnpqrstvwxz2456789]{5}", name) for name in made)

    def test_of_a_dry_run_is_stored_nowhere(self) -> None:
        store = Store()
        answer = store.create(DEPLOYMENTS, deployment(), dry_run=True)
        assert answer["metadata"]["generation"] == 1
        assert "resourceVersion" not in answer["metadata"]
        assert (store.version, store.list(DEPLOYMENTS)) == (0, [])


class TestReads:
    def test_lists_are_sorted_by_namespace_and_name(self) -> None:
        store = Store()
        for namespace, name in [("prod", "a"), ("dev", "b"), ("dev-2", "x"), ("dev", "a")]:
            store.create(CONFIG_MAPS, config_map(name, namespace))
        assert names(store.list(CONFIG_MAPS)) == [
            ("dev", "a"),
            ("dev", "b"),
            ("dev-2", "x"),
            ("prod", "a"),
        ]
        assert names(store.list(CONFIG_MAPS, "dev")) == [("dev", "a"), ("dev", "b")]
        assert store.list(CONFIG_MAPS, "nowhere") == []

    def test_hand_out_the_stored_object_itself(self) -> None:
        store = Store()
        created = store.create(CONFIG_MAPS, config_map())
        assert store.get(CONFIG_MAPS, "dev", "settings") is created
        assert store.list(CONFIG_MAPS)[0] is created

    def test_of_what_is_not_there_are_none(self) -> None:
        assert Store().get(CONFIG_MAPS, "dev", "settings") is None


class TestUpdate:
    def test_bumps_the_version_and_keeps_what_the_server_owns(self) -> None:
        store = Store()
        created = store.create(CONFIG_MAPS, config_map(colour="red"))
        updated = store.update(CONFIG_MAPS, config_map(colour="blue"))
        assert updated == {
            **created,
            "metadata": {**created["metadata"], "resourceVersion": "2"},
            "data": {"colour": "blue"},
        }

    def test_that_changes_nothing_bumps_nothing(self) -> None:
        store = Store()
        created = store.create(CONFIG_MAPS, config_map(colour="red"))
        assert store.update(CONFIG_MAPS, config_map(colour="red")) is created
        assert store.version == 1

    def test_that_only_renews_the_times_of_managed_fields_bumps_nothing(self) -> None:
        store = Store()
        entry = {"manager": "helm", "operation": "Update", "time": "2026-01-01T00:00:00Z"}
        created = store.create(CONFIG_MAPS, with_metadata(config_map(), managedFields=[entry]))
        later = {**entry, "time": "2026-01-02T00:00:00Z"}
        store.update(CONFIG_MAPS, with_metadata(created, managedFields=[later]))
        assert store.version == 1
        other = {**later, "manager": "kubectl"}
        store.update(CONFIG_MAPS, with_metadata(created, managedFields=[other]))
        assert store.version == 2

    def test_from_a_stale_copy_is_a_conflict(self) -> None:
        store = Store()
        stale = store.create(CONFIG_MAPS, config_map(colour="red"))
        store.update(CONFIG_MAPS, config_map(colour="blue"))
        with pytest.raises(Conflict, match="the object has been modified"):
            store.update(CONFIG_MAPS, {**stale, "data": {"colour": "green"}})

    def test_of_a_namesake_is_a_conflict(self) -> None:
        store = Store()
        store.create(CONFIG_MAPS, config_map())
        with pytest.raises(Conflict, match="UID in precondition: other, UID in object meta: "):
            store.update(CONFIG_MAPS, with_metadata(config_map(), uid="other"))

    def test_of_what_is_not_there_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            Store().update(CONFIG_MAPS, config_map())

    def test_generation_counts_changes_of_the_spec_alone(self) -> None:
        store = Store()
        store.create(DEPLOYMENTS, deployment(replicas=1))
        generations = [
            store.update(DEPLOYMENTS, obj)["metadata"]["generation"]
            for obj in (
                with_metadata(deployment(replicas=1), labels={"app": "web"}),
                deployment(replicas=2),
                deployment(replicas=2),
                deployment(replicas=3),
            )
        ]
        assert generations == [1, 2, 2, 3]

    def test_main_resource_and_status_do_not_touch_each_other(self) -> None:
        store = Store()
        store.create(DEPLOYMENTS, {**deployment(1), "status": {"replicas": 1}})
        scaled = store.update(DEPLOYMENTS, {**deployment(2), "status": {"replicas": 9}})
        assert (scaled["spec"], scaled["status"]) == ({"replicas": 2}, {"replicas": 1})
        grown = store.update(
            DEPLOYMENTS, {**deployment(9), "status": {"replicas": 2}}, subresource="status"
        )
        assert (grown["spec"], grown["status"]) == ({"replicas": 2}, {"replicas": 2})
        assert grown["metadata"]["generation"] == 2

    def test_of_a_dry_run_changes_nothing(self) -> None:
        store = Store()
        store.create(DEPLOYMENTS, deployment(1))
        answer = store.update(DEPLOYMENTS, deployment(2), dry_run=True)
        assert (answer["spec"], answer["metadata"]["generation"]) == ({"replicas": 2}, 2)
        assert store.list(DEPLOYMENTS)[0]["spec"] == {"replicas": 1}
        assert store.version == 1


class TestDelete:
    def test_removes_and_says_so_with_a_new_version(self) -> None:
        store = Store()
        store.create(CONFIG_MAPS, config_map())
        deleted = store.delete(CONFIG_MAPS, "dev", "settings")
        assert deleted["metadata"]["resourceVersion"] == "2"
        assert store.get(CONFIG_MAPS, "dev", "settings") is None
        assert [change.type for change in store.after(0)] == ["ADDED", "DELETED"]
        with pytest.raises(NotFound):
            store.delete(CONFIG_MAPS, "dev", "settings")

    def test_honours_preconditions(self) -> None:
        store = Store()
        store.create(CONFIG_MAPS, config_map())
        with pytest.raises(Conflict):
            store.delete(CONFIG_MAPS, "dev", "settings", uid="other")
        with pytest.raises(Conflict):
            store.delete(CONFIG_MAPS, "dev", "settings", resource_version="77")
        assert store.version == 1

    def test_waits_for_finalizers(self) -> None:
        store = Store()
        held = with_metadata(deployment(), finalizers=["example.com/hold"])
        created = store.create(DEPLOYMENTS, held)
        marked = store.delete(DEPLOYMENTS, "dev", "web")
        assert marked == with_metadata(
            created,
            resourceVersion="2",
            generation=2,
            deletionTimestamp=marked["metadata"]["deletionTimestamp"],
            deletionGracePeriodSeconds=0,
        )
        assert store.delete(DEPLOYMENTS, "dev", "web") is marked
        freed = store.update(DEPLOYMENTS, with_metadata(marked, finalizers=[]))
        assert "finalizers" not in freed["metadata"] or not freed["metadata"]["finalizers"]
        assert store.list(DEPLOYMENTS) == []
        assert [c.type for c in store.after(0)] == ["ADDED", "MODIFIED", "DELETED"]

    @pytest.mark.parametrize(
        ("propagation", "finalizer"),
        [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")],
    )
    def test_leaves_dependants_to_the_garbage_collector(
        self, propagation: Any, finalizer: str
    ) -> None:
        store = Store()
        store.create(DEPLOYMENTS, deployment())
        marked = store.delete(DEPLOYMENTS, "dev", "web", propagation=propagation)
        assert marked["metadata"]["finalizers"] == [finalizer]
        assert store.list(DEPLOYMENTS) == [marked]

    def test_of_a_pod_on_a_node_only_marks_it(self) -> None:
        store = Store()
        store.create(PODS, pod(nodeName="here", terminationGracePeriodSeconds=7))
        marked = store.delete(PODS, "dev", "web-1")
        assert marked["metadata"]["deletionGracePeriodSeconds"] == 7
        assert store.delete(PODS, "dev", "web-1") is marked
        sooner = store.delete(PODS, "dev", "web-1", grace_seconds=2)
        assert sooner["metadata"]["deletionGracePeriodSeconds"] == 2
        assert store.delete(PODS, "dev", "web-1", grace_seconds=60) is sooner
        assert store.delete(PODS, "dev", "web-1", grace_seconds=0)
        assert store.list(PODS) == []

    @pytest.mark.parametrize(
        "unbound",
        [
            pod(),
            {**pod(nodeName="here"), "status": {"phase": "Succeeded"}},
            {**pod(nodeName="here"), "status": {"phase": "Failed"}},
        ],
    )
    def test_of_a_pod_that_no_node_runs_removes_it(self, unbound: dict[str, Any]) -> None:
        store = Store()
        store.create(PODS, unbound)
        store.delete(PODS, "dev", "web-1")
        assert store.list(PODS) == []

    def test_of_a_namespace_waits_until_its_content_is_gone(self) -> None:
        store = Store()
        active = {
            "metadata": {"name": "dev"},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        store.create(NAMESPACES, active)
        marked = store.delete(NAMESPACES, "", "dev")
        assert marked["status"] == {"phase": "Terminating"}
        store.update(NAMESPACES, {**marked, "spec": {}})
        assert store.list(NAMESPACES) == []

    def test_of_a_dry_run_removes_nothing(self) -> None:
        store = Store()
        created = store.create(CONFIG_MAPS, config_map())
        store.delete(CONFIG_MAPS, "dev", "settings", dry_run=True)
        assert store.list(CONFIG_MAPS) == [created]


class TestChanges:
    async def test_come_in_order_with_what_they_replaced(self) -> None:
        store = Store()
        red = store.create(CONFIG_MAPS, config_map(colour="red"))
        blue = store.update(CONFIG_MAPS, config_map(colour="blue"))
        gone = store.delete(CONFIG_MAPS, "dev", "settings")
        assert await following(store, 0, 3) == [
            Change(1, "ADDED", CONFIG_MAPS, red),
            Change(2, "MODIFIED", CONFIG_MAPS, blue, red),
            Change(3, "DELETED", CONFIG_MAPS, gone, blue),
        ]
        assert [change.version for change in await following(store, 2, 1)] == [3]

    async def test_reach_many_readers_that_wait(self) -> None:
        store = Store()
        readers = [asyncio.create_task(following(store, 0, 3)) for _ in range(5)]
        await asyncio.sleep(0)
        for name in ("a", "b", "c"):
            store.create(CONFIG_MAPS, config_map(name))
            await asyncio.sleep(0)
        async with asyncio.timeout(45):
            found = await asyncio.gather(*readers)
        assert [[change.version for change in changes] for changes in found] == [[1, 2, 3]] * 5

    async def test_of_other_kinds_are_left_out(self) -> None:
        store = Store()
        store.create(CONFIG_MAPS, config_map())
        store.create(DEPLOYMENTS, deployment())
        store.create(PODS, pod())
        kinds: list[Resource] = []
        async for change in store.changes(0, (CONFIG_MAPS, PODS)):
            kinds.append(change.resource)
            if len(kinds) == 2:
                break
        assert kinds == [CONFIG_MAPS, PODS]

    async def test_of_other_kinds_wake_nobody(self) -> None:
        store = Store()
        waiting = asyncio.ensure_future(store.wait(0, (PODS,)))
        await asyncio.sleep(0)
        store.create(CONFIG_MAPS, config_map())
        await asyncio.sleep(0)
        assert not waiting.done()
        store.create(PODS, pod())
        await asyncio.wait_for(waiting, 30)

    async def test_of_other_kinds_push_no_reader_out_of_the_window(self) -> None:
        store = Store(window=8)
        first: list[Change] = []

        async def follow() -> None:
            async for change in store.changes(0, (PODS,)):
                first.append(change)
                return

        following_pods = asyncio.ensure_future(follow())
        await asyncio.sleep(0)
        for number in range(40):
            store.create(CONFIG_MAPS, config_map(f"c-{number}"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        store.create(PODS, pod())
        await asyncio.wait_for(following_pods, 30)
        assert [change.version for change in first] == [41]

    @pytest.mark.parametrize("since", [0, 1, 6])
    async def test_from_outside_the_window_are_gone(self, since: int) -> None:
        store = Store(window=3)
        for name in "abcde":
            store.create(CONFIG_MAPS, config_map(name))
        with pytest.raises(Gone):
            await following(store, since, 1)
        assert [change.version for change in await following(store, store.oldest, 3)] == [3, 4, 5]

    async def test_end_when_the_store_closes(self) -> None:
        store = Store()
        reader = asyncio.create_task(following(store, 0, 1))
        await asyncio.sleep(0)
        store.close()
        async with asyncio.timeout(45):
            assert await reader == []

    async def test_leave_nothing_behind_when_a_reader_goes(self) -> None:
        store = Store()
        reader = asyncio.create_task(following(store, 0, 1))
        await asyncio.sleep(0)
        assert len(store._waiting) == 1
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        assert len(store._waiting) == 0


class TestDisk:
    def test_survives_a_process_that_is_killed(self, tmp_path: Path) -> None:
        """The file is copied while the first store still has it open: nothing was flushed at the end."""
        store = Store(tmp_path / "state.db")
        store.create(CONFIG_MAPS, config_map(colour="red"))
        store.create(DEPLOYMENTS, deployment())
        store.create(CONFIG_MAPS, config_map("other"))
        store.update(CONFIG_MAPS, config_map(colour="blue"))
        store.delete(CONFIG_MAPS, "dev", "other")
        for file in list(tmp_path.iterdir()):
            (tmp_path / file.name.replace("state", "copy")).write_bytes(file.read_bytes())
        again = Store(tmp_path / "copy.db")
        assert everything(again) == everything(store)
        assert again.version == store.version == 5
        store.close()
        again.close()

    async def test_continues_the_versions_and_forgets_the_window(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "state.db")
        store.create(CONFIG_MAPS, config_map())
        store.delete(CONFIG_MAPS, "dev", "settings")
        store.close()
        again = Store(tmp_path / "state.db")
        with pytest.raises(Gone):
            again.after(1)
        assert again.after(2) == []
        created = again.create(CONFIG_MAPS, config_map())
        assert created["metadata"]["resourceVersion"] == "3"
        again.close()

    def test_belongs_to_one_process_at_a_time(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "state.db")
        with pytest.raises(Unwritable, match="another program has"):
            Store(tmp_path / "state.db")
        store.close()

    def test_of_a_failed_write_nothing_is_seen(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "state.db")
        created = store.create(CONFIG_MAPS, config_map(colour="red"))
        with pytest.raises(TypeError):
            store.update(CONFIG_MAPS, {**config_map(), "data": {"colour": object()}})
        assert store.list(CONFIG_MAPS) == [created]
        assert (
            store.update(CONFIG_MAPS, config_map(colour="blue"))["metadata"]["resourceVersion"]
            == "2"
        )
        store.close()

    def test_leaves_kinds_alone_that_this_version_does_not_serve(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "state.db")
        store.create(CONFIG_MAPS, config_map())
        store.close()
        db = sqlite3.connect(tmp_path / "state.db")
        db.execute("UPDATE objects SET resource = 'example.com/v1/things'")
        db.commit()
        db.close()
        again = Store(tmp_path / "state.db")
        assert again.list(CONFIG_MAPS) == []
        again.close()


def everything(store: Store) -> Mapping[str, Any]:
    return {resource.plural: store.list(resource) for resource in (CONFIG_MAPS, DEPLOYMENTS, PODS)}
