# JupyterHub as the Helm charts of JupyterHub and BinderHub configure it, for a
# game day: everything is on this machine, and no user's container runs.
import asyncio
import ctypes
import json
import os
import signal
import sys

from jupyterhub.services.service import _ServiceSpawner

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "settings.json")) as f:
    settings = json.load(f)
namespace = settings["namespace"]
values = settings["values"]


def value(path, default):
    found = values
    for key in path.split("."):
        if not isinstance(found, dict) or found.get(key) is None:
            return default
        found = found[key]
    return found


c = get_config()  # noqa: F821

# The Hub. It outlives nothing and ends nothing: servers and proxy stay when it
# restarts.
c.JupyterHub.db_url = "sqlite:///" + os.path.join(here, "jupyterhub.sqlite")
c.JupyterHub.cookie_secret_file = os.path.join(here, "cookie_secret")
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings['hubPort']}"
c.JupyterHub.bind_url = f"http://127.0.0.1:{settings['publicPort']}"
c.JupyterHub.hub_routespec = value("hub.config.JupyterHub.hub_routespec", "/")
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.authenticate_prometheus = False
c.JupyterHub.last_activity_interval = 60
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.JupyterHub.concurrent_spawn_limit = value("hub.concurrentSpawnLimit", 64)
c.JupyterHub.active_server_limit = value("hub.activeServerLimit", 0)
c.JupyterHub.allow_named_servers = value("hub.allowNamedServers", False)
c.Spawner.poll_interval = value("custom.pollInterval", 30)
c.Spawner.consecutive_failure_limit = value("hub.consecutiveFailureLimit", 5)

c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{settings['proxyPort']}"
c.ConfigurableHTTPProxy.auth_token = settings["proxyToken"]

# Who may call it.
c.JupyterHub.services = [
    {"name": "binder", "api_token": settings["binderToken"]},
    {"name": "ops", "api_token": settings["opsToken"]},
]
c.JupyterHub.load_roles = [
    {"name": "binder", "services": ["binder"], "scopes": ["servers", "admin:users"]},
    {
        "name": "ops",
        "services": ["ops"],
        "scopes": ["admin:users", "admin:servers", "list:users", "read:hub", "proxy"],
    },
]

# The idle culler, a service that the Hub starts in a session of its own. On a
# cluster it ends with the hub pod; here the kernel ends it with the Hub.
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
_ServiceSpawner.make_preexec_fn = lambda self, name: (
    lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
)

if value("cull.enabled", False):
    culler = "jupyterhub-idle-culler"
    command = [
        sys.executable,
        "-m",
        "jupyterhub_idle_culler",
        f"--url=http://127.0.0.1:{settings['hubPort']}/hub/api",
        f"--timeout={value('cull.timeout', 3600)}",
        f"--cull-every={value('cull.every', 600)}",
        f"--concurrency={value('cull.concurrency', 10)}",
        f"--max-age={value('cull.maxAge', 0)}",
    ]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if value("cull.users", False):
        command.append("--cull-users")
        scopes.append("admin:users")
    c.JupyterHub.services.append({"name": culler, "command": command})
    c.JupyterHub.load_roles.append({"name": culler, "services": [culler], "scopes": scopes})

# The spawner.
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
spawner = c.KubeSpawner
spawner.namespace = namespace
spawner.common_labels = {
    "app": "jupyterhub",
    "app.kubernetes.io/name": "jupyterhub",
    "release": namespace,
    "app.kubernetes.io/instance": namespace,
    "chart": "jupyterhub-4.2.0",
    "helm.sh/chart": "jupyterhub-4.2.0",
    "app.kubernetes.io/managed-by": "kubespawner",
}
spawner.extra_labels = {"hub.jupyter.org/network-access-hub": "true"}
spawner.automount_service_account_token = False
spawner.extra_pod_config = {"restart_policy": "Never"}
spawner.storage_pvc_ensure = False
spawner.delete_pvc = False
spawner.cpu_guarantee = 0.01
spawner.mem_guarantee = "450M"
spawner.mem_limit = "2G"
spawner.start_timeout = value("singleuser.startTimeout", 300)
spawner.cmd = ["jupyter-notebook"]
# All user servers are one program of the test's.
spawner.pod_connect_ip = "127.0.0.1"
spawner.port = settings["userPort"]

# What BinderHub says of a launch.
binder = {
    "BINDER_REPO_URL": "repo_url",
    "BINDER_REF_URL": "binder_ref_url",
    "BINDER_REQUEST": "binder_request",
    "BINDER_LAUNCH_HOST": "binder_launch_host",
}
spawner.environment = {
    name: (lambda spawner, option=option: str(spawner.user_options.get(option, "")))
    for name, option in binder.items()
}


def before_spawn(spawner):
    spawner.image = spawner.user_options.get("image", "registry.example/r2d-none:0")
    spawner.args = [f"--NotebookApp.token={spawner.user_options.get('token', '')}"]


spawner.pre_spawn_hook = before_spawn


# How many seconds the creation of a pod takes, as with a slow API server.
async def before_create(spawner, pod):
    await asyncio.sleep(value("custom.createPodDelay", 0))
    return pod


spawner.modify_pod_hook = before_create
