"""What the suites against real servers share: a fleet, a maintenance server beside it, and the counting runner."""
