"""A Ray cluster of two nodes of one core on this machine, as Ray's own tests start them, led over standard input.

Prints its address, and after each order ("kill": the second node dies) a line. Ends with its input.
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster


def main() -> None:
    """Starts the cluster and obeys."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    for order in sys.stdin:
        if order.strip() == "kill":
            cluster.remove_node(second, allow_graceful=False)
        print("done", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
