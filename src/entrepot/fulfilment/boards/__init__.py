"""What the floor shows of itself: boards, presence, histories, and figures of stations and people."""
