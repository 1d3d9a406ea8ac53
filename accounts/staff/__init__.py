"""The admin's own side: who may enter, the second factor, and what every page starts from (docs/staff.md)."""
