"""StateMachine doors: a status moves only along its table, with an event row; an edited row saves only
over the version it was read at. Abstract models only; each room keeps its own event table."""
