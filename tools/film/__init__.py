"""What make_film.py and measure_frames.py share: the shots of a demo, drawing their pictures, and figures of both."""
